#include "core/gemm_parts_tile.h"

#include <algorithm>
#include <type_traits>

#include "core/cpu.h"
#include "core/vector.h"

namespace longhand::fast::parts {

#if defined(__x86_64__)

namespace {

template <class Isa>
constexpr bool has_unit = Isa::vector_bytes == 64 && sizeof(real) == 4;

typedef std::uint32_t Words __attribute__((vector_size(64)));

// The upper halves of u's and of v's words, side by side.
[[gnu::always_inline, maybe_unused]] inline void store_pairs(const Words& u, const Words& v,
                                                             unsigned char* to) {
  Words pairs = u >> 16;
  const Words upper = Words{} + 0xffff0000U;
#if defined(__clang__)  // makes it one instruction by itself
  pairs |= v & upper;
#else
  asm("vpternlogd $0xf8, %2, %1, %0" : "+v"(pairs) : "v"(v), "v"(upper));  // pairs | (v & upper)
#endif
  *reinterpret_cast<Words*>(to) = pairs;
}

// The parts of 16 pairs of numbers. The first part of a number is the upper half of its bits. The
// second is rounded, so that what is left fits the third.
template <class Vector>
[[gnu::always_inline]] inline void split(const Vector& u, const Vector& v, unsigned char* to_first,
                                         unsigned char* to_second, unsigned char* to_third) {
  const Words upper = Words{} + 0xffff0000U;
  const Words u1 = reinterpret_cast<Words>(u), v1 = reinterpret_cast<Words>(v);
  store_pairs(u1, v1, to_first);
  const Vector u_rest = u - reinterpret_cast<Vector>(u1 & upper);
  const Vector v_rest = v - reinterpret_cast<Vector>(v1 & upper);
  const Words u2 = reinterpret_cast<Words>(u_rest) + 0x8000U;
  const Words v2 = reinterpret_cast<Words>(v_rest) + 0x8000U;
  store_pairs(u2, v2, to_second);
  const Vector u3 = u_rest - reinterpret_cast<Vector>(u2 & upper);
  const Vector v3 = v_rest - reinterpret_cast<Vector>(v2 & upper);
  store_pairs(reinterpret_cast<Words>(u3), reinterpret_cast<Words>(v3), to_third);
}

struct SplitRows {
  template <class Isa>
  [[gnu::always_inline]] static void run(const real* a, std::int64_t stride, int depth, int rows,
                                         int tiles, unsigned char* to) {
    if constexpr (has_unit<Isa>) {
      using V = Vectors<Isa>;
      const int part = tiles * tile_bytes;
      for (int l = 0; l < depth; l += step, to += count * part) {
        const int first = std::min(depth - l, step / 2), second = std::min(depth - l, step) - first;
        for (int i = 0; i < rows; ++i) {
          const real* row = a + i * stride + l;
          typename V::Vector u, v;
          if (second == step / 2) {
            V::load(row, u);
            V::load(row + step / 2, v);
          } else {
            V::load(row, first, u);
            V::load(row + first, second, v);
          }
          unsigned char* pairs = to + i * 64;
          split(u, v, pairs + 2 * part, pairs + part, pairs);
        }
      }
    }
  }
};

// Rows [first, last) of the tiles of a step of b. Where b is not packed its rows are far apart, and
// the next columns' are fetched into L2.
template <class Isa, bool packed, int first, int last>
[[gnu::always_inline]] inline void split_columns(const real* b, std::int64_t stride,
                                                 unsigned char* to) {
  using V = Vectors<Isa>;
  if (packed) stride = tile_columns;
#pragma GCC unroll 16
  for (int i = first; i < last; ++i) {
    const real *u_row = b + i * stride, *v_row = b + (i + step / 2) * stride;
    if (!packed) {
      __builtin_prefetch(u_row + tile_columns, 0, 2);
      __builtin_prefetch(v_row + tile_columns, 0, 2);
    }
    typename V::Vector u, v;
    V::load(u_row, u);
    V::load(v_row, v);
    split(u, v, to + i * 64, to + tile_bytes + i * 64, to + 2 * tile_bytes + i * 64);
  }
}

struct SplitStep {
  template <class Isa>
  [[gnu::always_inline]] static void run(const real* b, std::int64_t stride, unsigned char* to) {
    if constexpr (has_unit<Isa>) split_columns<Isa, false, 0, tile_rows>(b, stride, to);
  }
};

// The unit's instructions. Registers 0 to 3 hold the sums, 4 one tile of a, 5 to 7 the parts of b.
template <int tile>
[[gnu::always_inline]] inline void load(const void* from, std::int64_t stride = 64) {
  asm volatile("tileloadd (%0,%1,1), %%tmm%c2" : : "r"(from), "r"(stride), "i"(tile) : "memory");
}
template <int tile>
[[gnu::always_inline]] inline void store(void* to, std::int64_t stride) {
  asm volatile("tilestored %%tmm%c2, (%0,%1,1)" : : "r"(to), "r"(stride), "i"(tile) : "memory");
}
template <int tile>
[[gnu::always_inline]] inline void zero() {
  asm volatile("tilezero %%tmm%c0" : : "i"(tile));
}
template <int sums, int b>
[[gnu::always_inline]] inline void multiply_add() {
  asm volatile("tdpbf16ps %%tmm%c1, %%tmm4, %%tmm%c0" : : "i"(sums), "i"(b));
}

// body(i) for i from 0, each a constant of its own type.
template <int tiles, int i = 0, class Body>
[[gnu::always_inline]] inline void for_each_tile(const Body& body) {
  if constexpr (i < tiles) {
    body(std::integral_constant<int, i>());
    for_each_tile<tiles, i + 1>(body);
  }
}

// With one part of a, the last, the second and the first: times the first, the first two and all
// three of b. In between, vectors split some rows of the step after the next, as many as there are
// products.
template <class Isa, bool packed, int tiles, int products>
[[gnu::always_inline]] inline void multiply_part(const unsigned char* a, const unsigned char* b,
                                                 const real* b_later, std::int64_t b_stride,
                                                 unsigned char* later) {
  load<8 - products>(b + (products - 1) * tile_bytes);
  for_each_tile<tiles>([&](auto i) __attribute__((always_inline)) {
    load<4>(a + i * tile_bytes);
    if constexpr (products == 3) multiply_add<i, 5>();
    if constexpr (products >= 2) multiply_add<i, 6>();
    multiply_add<i, 7>();
    constexpr int before = tiles * products * (products - 1) / 2 + i * products;
    constexpr int all = 6 * tiles;
    constexpr int first = before * tile_rows / all, last = (before + products) * tile_rows / all;
    split_columns<Isa, packed, first, last>(b_later, b_stride, later);
  });
}

template <int tiles, bool packed>
struct MultiplyColumns {
  template <class Isa>
  [[gnu::always_inline]] static void run(const Columns* columns, unsigned char* b_parts, int slot) {
    if constexpr (has_unit<Isa>) {
      constexpr int slots = Multiplier::slots, slot_bytes = count * tile_bytes;
      constexpr int ahead = Multiplier::ahead;
      const std::int64_t c_bytes = columns->c_stride * static_cast<std::int64_t>(sizeof(real));
      real* c[most_tiles];
      for (int i = 0; i < tiles; ++i) c[i] = columns->c + columns->row[i] * columns->c_stride;
      for_each_tile<tiles>([&](auto i) __attribute__((always_inline)) {
        columns->add ? load<i>(c[i], c_bytes) : zero<i>();
      });
      // c is on its way while the sums are made, unless they are soon done
      for (int i = 0; i < tiles && !columns->add && columns->steps > 3; ++i) {
        for (int r = 0; r < tile_rows; ++r) __builtin_prefetch(c[i] + r * columns->c_stride, 1);
      }
      const unsigned char* a = columns->a;
      const std::int64_t stride = columns->b_stride;
      for (int s = 0; s < columns->steps; ++s) {
        const int behind = s + ahead - columns->steps;
        const real* b_later = behind < 0 ? columns->b_of(s + ahead) : columns->later[behind];
        unsigned char* later = b_parts + (slot + ahead) % slots * slot_bytes;
        const unsigned char* b = b_parts + slot * slot_bytes;
        const int part = tiles * tile_bytes;
        multiply_part<Isa, packed, tiles, 1>(a, b, b_later, stride, later);
        multiply_part<Isa, packed, tiles, 2>(a + part, b, b_later, stride, later);
        multiply_part<Isa, packed, tiles, 3>(a + 2 * part, b, b_later, stride, later);
        slot = (slot + 1) % slots;
        a += count * part;
      }
      for_each_tile<tiles>([&](auto i) __attribute__((always_inline)) { store<i>(c[i], c_bytes); });
    }
  }
};

// What the unit wants to know: the rows of each register and the bytes in a row.
struct alignas(64) Configuration {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t row_bytes[16] = {};
  std::uint8_t rows[16] = {};
};

}  // namespace

void split_rows(const real* a, std::int64_t stride, int depth, int rows, int tiles,
                unsigned char* to) {
  run_avx512<SplitRows>(a, stride, depth, rows, tiles, to);
}

Multiplier::Multiplier(int rows) {
  Configuration configuration;
  for (const int tile : {0, 1, 2, 3, 4, 5, 6, 7}) {
    configuration.row_bytes[tile] = 64;
    configuration.rows[tile] = static_cast<std::uint8_t>(tile <= 4 ? rows : tile_rows);
  }
  asm volatile("ldtilecfg %0" : : "m"(configuration));
}

Multiplier::~Multiplier() {
  asm volatile("tilerelease");
}

void Multiplier::begin(const Columns& first) {
  slot_ = 0;
  for (int s = 0; s < ahead; ++s) {
    const real* b = s < first.steps ? first.b_of(s) : first.later[s - first.steps];
    run_avx512<SplitStep>(b, first.b_stride, &b_parts_[s][0]);
  }
}

void Multiplier::multiply(const Columns& columns) {
  using Function = void (*)(const Columns*, unsigned char*, int);
  static constexpr Function functions[2][2] = {
      {run_avx512<MultiplyColumns<3, false>>, run_avx512<MultiplyColumns<3, true>>},
      {run_avx512<MultiplyColumns<4, false>>, run_avx512<MultiplyColumns<4, true>>}};
  functions[columns.tiles == 4][columns.b_stride == tile_columns](&columns, &b_parts_[0][0], slot_);
  slot_ = (slot_ + columns.steps) % slots;
}

#else

// has_matrix_unit() is false elsewhere: nobody calls these.
void split_rows(const real*, std::int64_t, int, int, int, unsigned char*) {}
Multiplier::Multiplier(int) {}
Multiplier::~Multiplier() = default;
void Multiplier::begin(const Columns&) {}
void Multiplier::multiply(const Columns&) {}

#endif

}  // namespace longhand::fast::parts
