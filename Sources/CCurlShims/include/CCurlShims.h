#ifndef C_CURL_SHIMS_H
#define C_CURL_SHIMS_H
#include <curl/curl.h>
#endif
