// sim_settings: the numbered settings, their decimals when printed, and their defaults.
#ifndef LOTGATE_SIM_SETTINGS_H
#define LOTGATE_SIM_SETTINGS_H

#include "sim_inside.h" // SETTINGS

struct setting_kind {
    uint16_t number;
    uint8_t decimals;
    double standard;
};
extern const struct setting_kind sim_setting_kinds[SETTINGS];

#endif
