#pragma once

namespace afina {

// Long walks call this between ops: at most every 50 ms it asks the host (Python) whether the user wants to
// stop; the host stops the walk by throwing.
void poll_interrupt();
void set_interrupt_check(void (*check)());

}  // namespace afina
