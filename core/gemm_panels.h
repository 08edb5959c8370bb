// Products panel by panel: all rows of c for two vectors of columns, then for the next two.
#pragma once

#include <optional>

#include "core/gemm_blocks.h"
#include "core/gemm_tile.h"
#include "core/real.h"

namespace longhand::fast {

// The columns of a panel: where b and c begin (their first rows), how many vectors they are, and
// where the last vector begins in a row of each, as in a Tile.
struct Panel {
  const real* b;
  real* c;
  int vectors, b_last, c_last;
};

// The tiles below each other read the same of b. So the first of them copies what it reads, in the
// order of reading, and the others read the copy. Meanwhile they fetch the next panel: its rows may
// lie too far apart for the CPU to foresee.
class Panels {
 public:
  static constexpr int most_vectors = 2;  // of a panel
  static constexpr int most_k = 256;      // the copy stays in L1, or nearly so

  // For rows [m0, m1) of c and at most most_k k values. b[l, j] is b[offset[l] + j], whatever p
  // says of b. Copies a: valid until this thread's next Panels or pack_rows().
  Panels(const Tiles& t, const Product& p, int m0, int m1, const int* offset);

  // c = a b or, with p.add, c += a b for the panel that was taken before this one, which becomes
  // the next.
  void take(const Panel& panel);
  // The same for the last one.
  void finish();

 private:
  void multiply(const Panel& panel, const Panel& next) const;

  const Product& p_;
  int m0_, m_;
  int tile_rows_;
  const int* offset_;
  const real* a_;
  real* copy_;
  std::optional<Panel> waiting_;
};

}  // namespace longhand::fast
