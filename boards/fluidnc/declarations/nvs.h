// What lotgate_port.cpp uses of ESP-IDF, in our own words.
#pragma once
#include <cstddef>
#include <cstdint>

typedef int esp_err_t;
typedef uint32_t nvs_handle_t;
enum nvs_open_mode_t { NVS_READONLY, NVS_READWRITE };
#define ESP_OK 0

esp_err_t nvs_open(const char *space, nvs_open_mode_t mode, nvs_handle_t *handle);
esp_err_t nvs_get_blob(nvs_handle_t handle, const char *key, void *bytes, std::size_t *length);
esp_err_t nvs_set_blob(nvs_handle_t handle, const char *key, const void *bytes, std::size_t length);
esp_err_t nvs_commit(nvs_handle_t handle);
void nvs_close(nvs_handle_t handle);
