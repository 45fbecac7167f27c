# SPDX-License-Identifier: GPL-2.0-or-later
throttlesim_test(tables LIBRARIES reports SOURCES json_path.c stored_run_lab.c)
throttlesim_test(explain LIBRARIES reports SOURCES json_path.c stored_run_lab.c)
throttlesim_test(explain_errors LIBRARIES reports SOURCES stored_run_lab.c)
throttlesim_test(plot LIBRARIES reports SOURCES stored_run_lab.c scratch.c pictures.c)
throttlesim_test(plot_run LIBRARIES reports SOURCES stored_run_lab.c)
