// Forward pushes for many contexts at once: one block a context, with a hash table of its own for the particles that it
// touches (engine/focus/context/push.py says what is pushed and how an answer is read from what is left).

const int LANES = 8;
const int PUSHERS = 256;
const unsigned FREE = 0xffffffffu;

// What a block works on; `capacity` is a power of two. `active` lists entries that are pushed, with what they send.
struct Table {
  unsigned* key;       // (capacity,)
  unsigned* touched;   // (capacity,): entries in use
  double* left;        // (capacity, LANES)
  double* settled;     // (capacity,)
  unsigned* active;    // (capacity,)
  double* sent;        // (capacity, LANES + 1)
  unsigned capacity;
};

// The entry of a particle, made if need be.
__device__ unsigned entry_of(const Table& table, unsigned particle, unsigned* count) {
  unsigned at = (particle * 2654435761u) & (table.capacity - 1);
  for (;;) {
    unsigned here = table.key[at];
    if (here == particle) return at;
    if (here == FREE) {
      here = atomicCAS(table.key + at, FREE, particle);
      if (here == FREE) {
        table.touched[atomicAdd(count, 1)] = at;
        return at;
      }
      if (here == particle) return at;
    }
    at = (at + 1) & (table.capacity - 1);
  }
}

struct Rates {
  double absorb, follow;
  double settle;  // of what stands at a particle without any link; the rest lands at u0
  double runs[LANES];
  int ended;  // lanes that are pushed; 1: along links only
  double tolerance;
  unsigned visits;
};

// What is known beforehand (context_standing.py): columns phi*, Psi(u0), Psi(w), w.
struct Known {
  const double* column;  // (n, 4)
  const unsigned* heads;  // (3, head_count)
  int head_count;
  int heads_used;
  int lands_here;
  double beta;
};

struct Answer {  // one row a context
  unsigned* best;   // (contexts, wanted)
  double* value;    // (contexts, wanted)
  double* told;     // (contexts, 9): the mix, the wrong mass, the mass left, visits, touched, beta's landed share
  int wanted;
};

__device__ double everyone(double value) {  // a block sum that all threads get
  __shared__ double result;
  value = block_sum(value);
  if (threadIdx.x == 0) result = value;
  __syncthreads();
  value = result;
  __syncthreads();
  return value;
}

// Lays the shares of the seeds out. Nothing but the teleport leads away from those without any link, which settle at
// once; what lands of them.
__device__ double sow(
    const Table& t, const unsigned* seed, const double* share, int seeds, const double* degree, double settle,
    unsigned* count) {
  double landed = 0;
  for (int k = threadIdx.x; k < seeds; k += PUSHERS) {
    unsigned at = entry_of(t, seed[k], count);
    if (degree[seed[k]] > 0) {
      atomicAdd(t.left + (size_t)at * LANES, share[k]);
    } else {
      atomicAdd(t.settled + at, settle * share[k]);
      landed += (1 - settle) * share[k];
    }
  }
  return landed;
}

// Chooses the entries to push in this round and takes their mass; how it changes what landed and what is left.
template <class Weight> __device__ void choose(
    const Table& t, const Side<Weight>& in, const Side<Weight>& out, const double* out_total, const double* degree,
    const Rates& rates, double least, unsigned count, unsigned* chosen, unsigned* visits, double* landed, double* rest) {
  for (unsigned k = threadIdx.x; k < count; k += PUSHERS) {
    unsigned at = t.touched[k], particle = t.key[at];
    double* left = t.left + (size_t)at * LANES;
    double mass = 0;
    for (int lane = 0; lane < rates.ended; ++lane) mass += left[lane];
    unsigned outs = out.length[particle], cost = outs + (rates.ended > 1 ? in.length[particle] : 0);
    if (mass == 0 || mass < least * (cost + 2.0) || count + cost > t.capacity / 2) continue;
    if (atomicAdd(visits, cost) >= rates.visits) {
      atomicSub(visits, cost);
      continue;
    }
    unsigned to = atomicAdd(chosen, 1);
    double here = left[0], *sent = t.sent + (size_t)to * (LANES + 1);
    t.active[to] = at;
    for (int lane = 0; lane < LANES; ++lane) {
      double following = lane + 1 < rates.ended ? left[lane + 1] : 0.0;
      sent[lane] = rates.ended > 1 ? (rates.runs[lane] * here + following) / degree[particle] : 0.0;
    }
    for (int lane = 0; lane < rates.ended; ++lane) left[lane] = 0;
    t.settled[at] += rates.absorb * here;
    *rest -= rates.absorb * here;
    sent[LANES] = outs ? rates.follow * here / out_total[particle] : 0.0;
    if (!outs) {
      *landed += rates.follow * here;
      *rest -= rates.follow * here;
    }
  }
}

template <class Weight>
__device__ void send(
    const Table& t, const Row<Weight>& row, const double* sent, bool along, bool runs, unsigned* count) {
  for (unsigned k = threadIdx.x & 31; k < row.length; k += 32) {
    double weight = row.weight[(size_t)k * row.stride];
    double* left = t.left + (size_t)entry_of(t, row.column[(size_t)k * row.stride], count) * LANES;
    for (int lane = 0; lane < (runs ? LANES : 1); ++lane) {
      double amount = weight * (sent[lane] + (along && lane == 0 ? sent[LANES] : 0.0));
      if (amount != 0) atomicAdd(left + lane, amount);
    }
  }
}

__device__ double score(const Table& t, const Known& known, unsigned at, const double* mix, double absorb) {
  const double* column = known.column + (size_t)t.key[at] * 4;
  double value = known.beta * (t.settled[at] + absorb * t.left[(size_t)at * LANES]);
  for (int c = 0; c < 4; ++c) value += mix[c] * column[c];
  return value;
}

// The best of this thread's entries after (value, particle) = (above, but): falling value, then rising particle.
__device__ void next_best(
    const Table& t, const Known& known, const unsigned* order, unsigned count, const double* mix, double absorb,
    double above, unsigned but, double* value, unsigned* entry) {
  double most = -1e300;
  unsigned found = FREE;
  for (unsigned k = threadIdx.x; k < count; k += PUSHERS) {
    unsigned at = t.touched[k], name = order[t.key[at]];
    double here = score(t, known, at, mix, absorb);
    if (here > above || (here == above && name <= but)) continue;
    if (found == FREE || here > most || (here == most && name < order[t.key[found]])) {
      most = here;
      found = at;
    }
  }
  *value = most;
  *entry = found;
}

template <class Weight>
__global__ void __launch_bounds__(256) push_contexts(
    Side<Weight> in, Side<Weight> out, const double* out_total, const double* degree, const unsigned* order,
    Rates rates, Known known, Table tables, Answer answer, const unsigned* seed, const double* share, const int* seed_start, int contexts,
    int* next) {
  __shared__ unsigned count, chosen, visits, winner, entries[PUSHERS];
  __shared__ int context;
  __shared__ double mix[4], values[PUSHERS];
  Table t = tables;
  size_t offset = (size_t)blockIdx.x * tables.capacity;
  t.key += offset, t.touched += offset, t.settled += offset, t.active += offset;
  t.left += offset * LANES, t.sent += offset * (LANES + 1);
  int warp = threadIdx.x >> 5;
  for (;;) {
    __syncthreads();
    if (threadIdx.x == 0) context = atomicAdd(next, 1), count = 0, visits = 0;
    __syncthreads();
    if (context >= contexts) return;
    int first = seed_start[context];
    int seeds = seed_start[context + 1] - first;
    double landed = sow(t, seed + first, share + first, seeds, degree, rates.settle, &count);
    double rest = 1 - everyone(landed), change = 0;
    for (double least = 0.1; least > 1e-30; least *= 0.5) {
      if (threadIdx.x == 0) chosen = 0;
      __syncthreads();
      if (visits >= rates.visits || rest <= rates.tolerance) break;
      unsigned before = count;
      __syncthreads();
      change = 0;
      choose(t, in, out, out_total, degree, rates, least, before, &chosen, &visits, &landed, &change);
      __syncthreads();
      for (unsigned k = warp; k < chosen; k += PUSHERS / 32) {
        unsigned particle = t.key[t.active[k]];
        const double* sent = t.sent + (size_t)k * (LANES + 1);
        send(t, row_of(out, particle), sent, true, rates.ended > 1, &count);
        if (rates.ended > 1) send(t, row_of(in, particle), sent, false, true, &count);
      }
      rest += everyone(change);
    }
    __syncthreads();
    // What stands at dangling particles settles without a visit.
    if (rates.ended == 1)
      for (unsigned k = threadIdx.x; k < count; k += PUSHERS) {
        unsigned at = t.touched[k];
        if (out.length[t.key[at]]) continue;
        double* left = t.left + (size_t)at * LANES;
        t.settled[at] += rates.absorb * *left;
        landed += (1 - rates.absorb) * *left;
        *left = 0;
      }
    __syncthreads();
    double mass[LANES], total = 0, wrong = 0;
    int lanes = rates.ended > 1 ? LANES : 1;
    for (int lane = 0; lane < lanes; ++lane) {
      double sum = 0;
      for (unsigned k = threadIdx.x; k < count; k += PUSHERS) sum += t.left[(size_t)t.touched[k] * LANES + lane];
      mass[lane] = everyone(sum);
      total += mass[lane];
    }
    for (int lane = 0; lane < lanes; ++lane) {
      double sum = 0;
      for (unsigned k = threadIdx.x; k < count; k += PUSHERS) {
        unsigned at = t.touched[k];
        sum += fmax(0.0, t.left[(size_t)at * LANES + lane] - mass[lane] * known.column[(size_t)t.key[at] * 4 + 3]);
      }
      wrong += (lane ? 2.0 : 2.0 * (1 - rates.absorb)) * everyone(sum);
    }
    landed = everyone(landed);
    if (threadIdx.x == 0) {
      double here = 1 - known.beta, fallen = known.beta * landed;
      if (known.lands_here) here += fallen, fallen = 0;
      mix[0] = here, mix[1] = fallen, mix[2] = known.beta * total, mix[3] = -known.beta * rates.absorb * mass[0];
      double* told = answer.told + (size_t)context * 9;
      for (int c = 0; c < 4; ++c) told[c] = mix[c];
      told[4] = known.beta * wrong, told[5] = total, told[6] = visits, told[7] = count;
    }
    __syncthreads();
    for (int k = threadIdx.x; k < 3 * known.heads_used; k += PUSHERS)
      entry_of(t, known.heads[(size_t)(k / known.heads_used) * known.head_count + k % known.heads_used], &count);
    __syncthreads();
    double value;
    unsigned entry;
    next_best(t, known, order, count, mix, rates.absorb, 1e300, FREE, &value, &entry);
    for (int rank = 0; rank < answer.wanted; ++rank) {
      values[threadIdx.x] = value, entries[threadIdx.x] = entry;
      __syncthreads();
      if (warp == 0) {
        int best = threadIdx.x;
        for (int k = threadIdx.x + 32; k < PUSHERS; k += 32)
          if (entries[k] != FREE && (entries[best] == FREE || values[k] > values[best] ||
              (values[k] == values[best] && order[t.key[entries[k]]] < order[t.key[entries[best]]]))) best = k;
        for (int lanes_down = 16; lanes_down; lanes_down >>= 1) {
          int k = __shfl_down_sync(~0u, best, lanes_down);
          if (entries[k] != FREE && (entries[best] == FREE || values[k] > values[best] ||
              (values[k] == values[best] && order[t.key[entries[k]]] < order[t.key[entries[best]]]))) best = k;
        }
        if (threadIdx.x == 0) {
          winner = best;
          size_t to = (size_t)context * answer.wanted + rank;
          answer.best[to] = entries[best] == FREE ? FREE : t.key[entries[best]];
          answer.value[to] = values[best];
        }
      }
      __syncthreads();
      if (winner == threadIdx.x && entry != FREE)
        next_best(t, known, order, count, mix, rates.absorb, value, order[t.key[entry]], &value, &entry);
    }
    __syncthreads();
    for (unsigned k = threadIdx.x; k < count; k += PUSHERS) {
      unsigned at = t.touched[k];
      t.key[at] = FREE, t.settled[at] = 0;
      for (int lane = 0; lane < LANES; ++lane) t.left[(size_t)at * LANES + lane] = 0;
    }
  }
}
