// Ranges in an ordered map, by their first index, as C++ programmers keep them: std::map, or absl::btree_map with
// -DABSL.

#include "operations.h"

#include <iterator>

#ifdef ABSL
#include <absl/container/btree_map.h>
template <class K, class V> using Map = absl::btree_map<K, V>;
#else
#include <map>
template <class K, class V> using Map = std::map<K, V>;
#endif

namespace {

struct Range {
  uint64_t last;
  int32_t value;
};

Map<uint64_t, Range> ranges;

// The first range that ends at or after `index`.
auto at_or_after(uint64_t index) {
  auto it = ranges.upper_bound(index);
  if (it != ranges.begin()) {
    auto before = std::prev(it);
    if (before->second.last >= index) return before;
  }
  return it;
}

void store(uint64_t first, uint64_t last, int32_t value) {
  auto it = at_or_after(first);
  if (it != ranges.end() && it->first == first && it->second.last == last && value != 0) {
    it->second.value = value;
    return;
  }
  if (it != ranges.end() && it->first < first) {
    Range cut = it->second;
    it->second.last = first - 1;
    if (cut.last > last) {
      ranges.emplace(last + 1, cut);
      if (value != 0) ranges.emplace(first, Range{last, value});
      return;
    }
    ++it;
  }
  while (it != ranges.end() && it->first <= last) {
    Range gone = it->second;
    it = ranges.erase(it);
    if (gone.last > last) {
      ranges.emplace(last + 1, gone);
      break;
    }
  }
  if (value != 0) ranges.emplace(first, Range{last, value});
}

int32_t load(uint64_t index) {
  auto it = at_or_after(index);
  return it != ranges.end() && it->first <= index ? it->second.value : 0;
}

int32_t find(uint64_t index, uint64_t max) {
  auto it = at_or_after(index);
  return it != ranges.end() && it->first <= max ? static_cast<int32_t>(it->first) : -1;
}

int32_t next(uint64_t index, uint64_t max) {
  auto it = ranges.upper_bound(index);
  return it != ranges.end() && it->first <= max ? static_cast<int32_t>(it->first) : -1;
}

int32_t previous(uint64_t index, uint64_t min) {
  auto it = at_or_after(index);
  if (it == ranges.begin()) return -1;
  --it;
  return it->second.last >= min ? static_cast<int32_t>(it->first) : -1;
}

// No gaps are tracked: one range after another is looked at.
int32_t highest_gap(uint64_t size, uint64_t min, uint64_t max) {
  uint64_t end = max + 1;  // the first index that is not free
  auto it = ranges.upper_bound(max);
  while (it != ranges.begin()) {
    --it;
    uint64_t low = it->second.last + 1 > min ? it->second.last + 1 : min;
    if (end >= low && end - low >= size) return static_cast<int32_t>(end - size);
    if (it->first <= min) return -1;
    if (it->first < end) end = it->first;
  }
  return end >= min && end - min >= size ? static_cast<int32_t>(end - size) : -1;
}

int32_t lowest_gap(uint64_t size, uint64_t min, uint64_t max) {
  uint64_t low = min;
  for (auto it = at_or_after(min); it != ranges.end() && it->first <= max; ++it) {
    if (it->first >= low && it->first - low >= size) return static_cast<int32_t>(low);
    if (it->second.last + 1 > low) low = it->second.last + 1;
  }
  return max + 1 >= low && max + 1 - low >= size ? static_cast<int32_t>(low) : -1;
}

int32_t iterate() {
  int32_t sum = 0;
  for (const auto& [first, range] : ranges) sum = mixed(sum, first, range.last, range.value);
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
      case STORE: store(a, b, static_cast<int32_t>(c)); break;
      case CLEAR: store(a, b, 0); break;
      case GAP: answer = highest_gap(a, b, c); break;
      case ITERATE: answer = iterate(); break;
      case NEXT: answer = next(a, b); break;
      case PREVIOUS: answer = previous(a, b); break;
      case LOW_GAP: answer = lowest_gap(a, b, c); break;
    }
    hash = hashed(hash, answer);
  }
  return hash;
}

}  // namespace

int main(int, char** arguments) {
  read_operations(arguments[1]);
  race(pass, atol(arguments[2]));
  return 0;
}
