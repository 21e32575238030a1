#ifndef C_CURL_SHIMS_H
#define C_CURL_SHIMS_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

#if LIBCURL_VERSION_NUM < 0x074400
#error "libcurl 7.68 or later is needed (curl_multi_wakeup)."
#endif

#pragma clang assume_nonnull begin

// Setters with one type each, in place of the variadic ones.
CURLcode azm_easy_set_long(CURL *easy, CURLoption option, long value);
CURLcode azm_easy_set_offset(CURL *easy, CURLoption option, curl_off_t value);
CURLcode azm_easy_set_string(CURL *easy, CURLoption option, const char *_Nullable value);
CURLcode azm_easy_set_pointer(CURL *easy, CURLoption option, const void *_Nullable value);

// What arrives goes to these; returning another number than size * count ends the transfer.
typedef size_t (*azm_data_callback)(
    char *_Nullable data, size_t size, size_t count, void *_Nullable context);
CURLcode azm_easy_set_header_callback(CURL *easy, azm_data_callback callback, void *context);
CURLcode azm_easy_set_body_callback(CURL *easy, azm_data_callback callback, void *context);

// Asked each time a request is about to be written, so also before libcurl repeats it by itself;
// anything but 0 ends the transfer. Does nothing before libcurl 7.80.
typedef int (*azm_request_callback)(
    void *_Nullable context, char *_Nullable remote_address, char *_Nullable local_address,
    int remote_port, int local_port);
CURLcode azm_easy_set_request_callback(CURL *easy, azm_request_callback callback, void *context);

// Refuses every protocol but http and https, under each name of that option.
CURLcode azm_easy_allow_only_http(CURL *easy);

CURLcode azm_easy_get_long(CURL *easy, CURLINFO info, long *value);
CURLcode azm_easy_get_offset(CURL *easy, CURLINFO info, curl_off_t *value);
CURLcode azm_easy_get_pointer(CURL *easy, CURLINFO info, void *_Nullable *_Nonnull value);

CURLMcode azm_multi_set_long(CURLM *multi, CURLMoption option, long value);

// Takes the next finished transfer; false when there is none.
bool azm_multi_next_finished(CURLM *multi, CURL *_Nullable *_Nonnull easy, CURLcode *result);

// Names the calling thread in debuggers and process listings.
void azm_name_thread(const char *name);

#pragma clang assume_nonnull end

#endif
