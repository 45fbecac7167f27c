// SPDX-License-Identifier: GPL-2.0-or-later
// Logarithms, exponentials and the like that are the same on every machine.
//
// They consist of +, -, *, /, sqrt, frexp and ldexp only, each of which IEEE 754 gives one result,
// where a libm's log, exp, pow and cos are rounded as the version and the processor have it. The
// relative errors are below 1e-15 (exact_power, exact_gamma: 2e-14), the absolute one of
// exact_cos_turns below 1e-15.
#ifndef TRACES_SYNTH_EXACT_MATH_H
#define TRACES_SYNTH_EXACT_MATH_H

double exact_log(double x);   // x > 0 and finite
double exact_log1p(double x); // log(1 + x), x > -1 and finite
double exact_exp(double x);   // infinite above 709.7, 0 below -745.1
double exact_expm1(double x); // exp(x) - 1

// cos(2 pi turns), |turns| below 2^50.
double exact_cos_turns(double turns);

// x^y, x > 0 and finite; for |y log x| below 100.
double exact_power(double x, double y);

double exact_gamma(double x); // 1 <= x <= 11

#endif
