// unit: what every cmocka program includes first. cmocka.h needs the four standard headers before it.
#ifndef LOTGATE_TESTS_UNIT_H
#define LOTGATE_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
