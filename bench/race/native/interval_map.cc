// boost's interval map, as it comes: half-open intervals, neighbours of equal values joined.
//
// interval_map FILL FILE PASSES performs FILL once, before anything is timed. Workloads of the tree benches only.

#include "operations.h"

#include <boost/icl/interval_map.hpp>
#include <boost/icl/right_open_interval.hpp>
#include <functional>
#include <iterator>

namespace {

using boost::icl::inplace_plus;
using boost::icl::inter_section;
using boost::icl::partial_absorber;
using Interval = boost::icl::right_open_interval<uint64_t>;
using Ranges = boost::icl::interval_map<uint64_t, int32_t, partial_absorber, std::less, inplace_plus, inter_section,
                                        Interval>;

Ranges ranges;

int32_t load(uint64_t index) {
  auto it = ranges.find(index);
  return it == ranges.end() ? 0 : it->second;
}

int32_t find(uint64_t index, uint64_t max) {
  auto it = ranges.lower_bound(Interval(index, index + 1));
  return it != ranges.end() && it->first.lower() <= max ? static_cast<int32_t>(it->first.lower()) : -1;
}

// No gaps are tracked: one range after another is looked at.
int32_t highest_gap(uint64_t size, uint64_t min, uint64_t max) {
  uint64_t end = max + 1;  // the first index that is not free
  auto it = ranges.upper_bound(Interval(max, max + 1));
  while (it != ranges.begin() && end >= min + size) {
    --it;
    uint64_t low = it->first.upper() > min ? it->first.upper() : min;
    if (end >= low && end - low >= size) break;
    end = it->first.lower();
  }
  return end >= min + size ? static_cast<int32_t>(end - size) : -1;
}

int32_t iterate() {
  int32_t sum = 0;
  for (const auto& [range, value] : ranges) sum = mixed(sum, range.lower(), range.upper() - 1, value);
  return sum;
}

int32_t pass() {
  int32_t hash = 0;
  for (long i = 0; i < operation_count; i++) {
    const operation& o = operations[i];
    uint64_t a = static_cast<uint64_t>(o.a), b = static_cast<uint64_t>(o.b), c = static_cast<uint64_t>(o.c);
    int32_t answer = 0;
    switch (static_cast<int>(o.verb)) {
      case LOAD: answer = load(a); break;
      case FIND: answer = find(a, b); break;
      case STORE: ranges.set({Interval(a, b + 1), static_cast<int32_t>(c)}); break;
      case CLEAR: ranges.erase(Interval(a, b + 1)); break;
      case GAP: answer = highest_gap(a, b, c); break;
      case ITERATE: answer = iterate(); break;
      default: fprintf(stderr, "no operation of the tree benches: %g\n", o.verb); exit(2);
    }
    hash = hashed(hash, answer);
  }
  return hash;
}

}  // namespace

int main(int, char** arguments) {
  read_operations(arguments[1]);
  pass();
  free(operations);
  read_operations(arguments[2]);
  race(pass, atol(arguments[3]));
  return 0;
}
