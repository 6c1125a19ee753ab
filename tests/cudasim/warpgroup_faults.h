#pragma once

#include <string>

// Runs the product of that name and prints what the launch said, how many numbers are wrong and how many of
// these are NaN.
void run_warpgroups(const std::string& name);
