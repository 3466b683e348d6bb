// schema_6: indexes for more orders of the long lists (lists.c): jobs by operator, lines and end, lots by the supplier's
// numbers. Their expressions must stay as they are there; each index ends with the row's seq by itself. The three
// of jobs cost 40 bytes a job.
#include "schema.h"

const char schema_6[] = "CREATE INDEX jobs_by_operator ON jobs (coalesce(operator, ''));"
                        "CREATE INDEX jobs_by_lines ON jobs (coalesce(lines, -1));"
                        "CREATE INDEX jobs_by_end ON jobs (coalesce(ended_us, 9223372036854775807));"
                        "CREATE INDEX lots_by_number ON lots (coalesce(supplier_lot, ''));"
                        "CREATE INDEX lots_by_heat ON lots (coalesce(heat, ''));";
