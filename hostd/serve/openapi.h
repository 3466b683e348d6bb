// openapi: the OpenAPI 3.1 document, made from the table of routes and the operations' argument lists.
#ifndef LOTGATE_SERVE_OPENAPI_H
#define LOTGATE_SERVE_OPENAPI_H

#include "text.h"

#define OPENAPI_MAX (512 * 1024)

// Writes the document into `text`, which it initialises.
void openapi_write(struct text *text);

#endif
