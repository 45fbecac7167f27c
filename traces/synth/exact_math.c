// SPDX-License-Identifier: GPL-2.0-or-later
#include "traces/synth/exact_math.h"

#include <math.h>

// log 2 as a sum: the first part has 33 bits, so that its product with an exponent is exact.
#define LOG2_HIGH 0x1.62e42feep-1
#define LOG2_LOW 0x1.a39ef35793c76p-33
#define PI 0x1.921fb54442d18p+1

#define SQRT_HALF 0x1.6a09e667f3bcdp-1
#define LOG_SQRT_TWO_PI 0x1.d67f1c864beb5p-1

// 2 atanh(s) - 2 s, |s| <= 0.1716: the next term of the series is below 2^-60 of the first.
static double atanh_rest(double s)
{
    double square = s * s;
    double sum = 0;
    for (int k = 23; k >= 3; k -= 2)
        sum = (sum + 2.0 / k) * square;
    return sum * s;
}

double exact_log(double x)
{
    int exponent;
    double mantissa = frexp(x, &exponent);
    if (mantissa < SQRT_HALF) {
        mantissa *= 2;
        exponent--;
    }
    double f = mantissa - 1;
    double s = f / (2 + f);
    // log(1 + f) = f - s (f - rest / s): f is exact, and all else small beside it.
    double rest = atanh_rest(s);
    double low = rest - s * f + exponent * LOG2_LOW;
    return exponent * LOG2_HIGH + (f + low);
}

double exact_log1p(double x)
{
    if (x < -0.25 || x > 0.4)
        return exact_log(1 + x);
    double s = x / (2 + x);
    return x + (atanh_rest(s) - s * x);
}

// exp(r) - 1, |r| <= 0.3466.
static double expm1_small(double r)
{
    double sum = 0;
    for (int k = 15; k >= 2; k--)
        sum = (sum + 1) * (r * (1.0 / k));
    return (sum + 1) * r;
}

double exact_exp(double x)
{
    if (x > 709.7)
        return INFINITY;
    if (x < -745.1)
        return 0;
    int exponent = (int)(x / (LOG2_HIGH + LOG2_LOW) + (x < 0 ? -0.5 : 0.5));
    double r = x - exponent * LOG2_HIGH - exponent * LOG2_LOW;
    return ldexp(1 + expm1_small(r), exponent);
}

double exact_expm1(double x)
{
    return x > -0.34 && x < 0.34 ? expm1_small(x) : exact_exp(x) - 1;
}

static double cos_small(double x)
{
    double square = x * x;
    double sum = 0;
    for (int k = 18; k >= 2; k -= 2)
        sum = (1 + sum) * (-square * (1.0 / (k * (k - 1))));
    return 1 + sum;
}

static double sin_small(double x)
{
    double square = x * x;
    double sum = 0;
    for (int k = 19; k >= 3; k -= 2)
        sum = (1 + sum) * (-square * (1.0 / (k * (k - 1))));
    return x + x * sum;
}

double exact_cos_turns(double turns)
{
    turns = turns < 0 ? -turns : turns;
    turns -= (double)(long long)turns; // exact
    if (turns > 0.5)
        turns = 1 - turns;
    if (turns > 0.375)
        return -cos_small(2 * PI * (0.5 - turns));
    return turns < 0.125 ? cos_small(2 * PI * turns) : sin_small(2 * PI * (0.25 - turns));
}

double exact_power(double x, double y)
{
    return exact_exp(y * exact_log(x));
}

// Stirling's series for the logarithm, where it is good to 1e-17, and the recurrence down from
// there.
double exact_gamma(double x)
{
    double product = 1;
    for (; x < 20; x += 1)
        product *= x;
    double inverse = 1 / x, square = inverse * inverse;
    double series =
        inverse * (1.0 / 12 -
                   square * (1.0 / 360 - square * (1.0 / 1260 -
                                                   square * (1.0 / 1680 - square * (1.0 / 1188)))));
    return exact_exp((x - 0.5) * exact_log(x) - x + LOG_SQRT_TWO_PI + series) / product;
}
