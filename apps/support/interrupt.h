// Ctrl-C as a wish, not an accident.
#pragma once

namespace longhand {

// From now on the first Ctrl-C (SIGINT) or SIGTERM only sets a mark, so that the program can finish
// its step and save its work; a second one ends it at once.
void catch_interrupt();

// Whether it came.
bool interrupted();

// The exit status of a program that stopped because of it: 130, as shells expect.
inline constexpr int interrupted_status = 130;

}  // namespace longhand
