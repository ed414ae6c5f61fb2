// One worker a thread: its cells, its tasks and what it counts. Constants come from words.py and marks.py.

typedef unsigned long long u64;
typedef unsigned int u32;

struct Run {
    volatile u64* heap;
    const u64* program;
    const unsigned char* by_tag;
    u64* shared;   // first free cell, spent, status, names, tasks that come out
    u64* rows;     // a worker's chunk and counts, one number of all workers after the other
    u64* free;     // first free node of each size, likewise
    u64* tasks;    // a worker's stack, likewise: frame and term
    u64* places;   // of the nodes of a copy beyond the first, likewise
    u64* given;    // arguments of an arm beyond the first, likewise
    const u64* in; // tasks of this round
    u64* out;      // tasks of the next
    u64* results;
    u64 in_count, out_max, workers, tasks_max, end, chunk, arities, matches, together, sparing;
    long long slice;
};

enum { TOP, SPENT, STATUS, NAMES, OUT };
enum { MINE, MINE_END, COUNTS };
enum { GOING, FOUND, CALLING, LEAVING };

#define TAG(term) ((u32)((term) >> 58) & 31)
#define LABEL(term) ((u32)((term) >> 40) & 0x3FFFF)
#define SPOT(term) ((u32)((term) >> 32) & 0xFF)
#define LOW(term) ((u64)(u32)(term))
#define WORD(tag) ((u64)(tag) << 58)
#define LABELS ((u64)0x3FFFF << 40)
#define SPOTS ((u64)0xFF << 32)
#define FORKED ((u64)0x80 << 32)
#define FORKS ((u64)0x40 << 32)
#define NEXT_SPOT ((u64)1 << 32)
#define SUBSTITUTED ((u64)1 << 63)
#define NOTHING WORD(ERA)

struct Worker {
    const Run& run;
    u64 number, mine, mine_end, depth;
    long long left;
    u32 counts[7];
    u32 free[KEPT_SIZES];
    u32 places[PLACES];
    u64 given[GIVEN];
    bool halted;

    DEVICE Worker(const Run& given_run, u64 given_number) : run(given_run), number(given_number) {
        mine = run.rows[MINE * run.workers + number];
        mine_end = run.rows[MINE_END * run.workers + number];
        depth = 0;
        left = run.slice;
        halted = false;
        for (int at = 0; at < 7; at++) counts[at] = 0;
        for (int at = 0; at < KEPT_SIZES; at++) free[at] = (u32)run.free[at * run.workers + number];
    }

    DEVICE void leave() {
        run.rows[MINE * run.workers + number] = mine;
        run.rows[MINE_END * run.workers + number] = mine_end;
        for (int at = 0; at < KEPT_SIZES; at++) run.free[at * run.workers + number] = free[at];
        u64 spent = 0;
        for (int at = 0; at < 7; at++) {
            run.rows[(COUNTS + at) * run.workers + number] += counts[at];
            spent += counts[at];
        }
        if (spent) atomicAdd(run.shared + SPENT, spent);
    }

    // Cells.

    DEVICE u64 read(u64 at) const { return run.heap[at]; }
    DEVICE void write(u64 at, u64 value) const { run.heap[at] = value; }
    DEVICE u64 code(u64 at) const { return run.program[at]; }

    DEVICE u32 or_state(u64 at, u32 bits) const {
        __threadfence();
        u32 before = atomicOr((u32*)run.heap + 2 * at + 1, bits);
        __threadfence();
        return before;
    }

    DEVICE void stop(u64 status) {
        atomicCAS(run.shared + STATUS, (u64)0, status);
        halted = true;
    }

    // New cells before those that were given back, whose list has to be read, as long as there are plenty.
    DEVICE u64 taken(u64 count) {
        if (mine + count > mine_end || run.sparing) {
            if (count < KEPT_SIZES && free[count]) {
                u64 place = free[count];
                free[count] = (u32)read(place);
                return place;
            }
            if (mine + count > mine_end && !another_chunk(count)) return SCRATCH;
        }
        mine += count;
        return mine - count;
    }

    DEVICE bool another_chunk(u64 count) {
        u64 size = count > run.chunk ? count : run.chunk;
        u64 place = atomicAdd(run.shared + TOP, size);
        if (place + size > run.end) {
            stop(OUT_OF_MEMORY);
            return false;
        }
        mine = place;
        mine_end = place + size;
        return true;
    }

    DEVICE void give_back(u64 place, u64 count) {
        if (count < KEPT_SIZES && !halted) {
            write(place, free[count]);
            free[count] = (u32)place;
        }
    }

    DEVICE u64 given_at(u64 at) const {
        return at < GIVEN ? given[at] : run.given[at * run.workers + number];
    }

    DEVICE void give(u64 at, u64 word) {
        if (at < GIVEN)
            given[at] = word;
        else
            run.given[at * run.workers + number] = word;
    }

    DEVICE u64 place_of(u64 node) const {
        return node < PLACES ? places[node] : run.places[node * run.workers + number];
    }

    DEVICE void count(int opcode) {
        counts[opcode]++;
        left--;
    }

    DEVICE u64 duplication(u64 value) {
        u64 place = taken(4);
        write(place, value);
        write(place + 1, 0);
        return place;
    }

    // Tasks.

    DEVICE void hand_on(u64 frame, u64 term) {
        u64 at = atomicAdd(run.shared + OUT, (u64)1);
        if (at >= run.out_max) {
            stop(OUT_OF_MEMORY);
            return;
        }
        run.out[2 * at] = frame;
        run.out[2 * at + 1] = term;
    }

    DEVICE void push(u64 frame, u64 term) {
        if (depth >= run.tasks_max) {
            hand_on(frame, term);
            return;
        }
        run.tasks[2 * depth * run.workers + number] = frame;
        run.tasks[(2 * depth + 1) * run.workers + number] = term;
        depth++;
    }

    DEVICE void pop(u64& frame, u64& term) {
        depth--;
        frame = run.tasks[2 * depth * run.workers + number];
        term = run.tasks[(2 * depth + 1) * run.workers + number];
    }

    DEVICE u64 cells_of(u64 term) const {
        u32 tag = TAG(term), label = LABEL(term);
        if (tag <= DP1 || tag == LAM) return 1;
        if (tag == ERA || tag == W32 || tag == ARM) return 0;
        if (tag == CTR) return code(run.arities + label);
        if (tag == REF) return code((u64)ROW * label + ARITY);
        if (tag == MAT) return 1 + code(run.matches + 2 * label + 1);
        if (tag == SWI) return 1 + label;
        return 2;
    }

#include "rules.cu"
#include "working.cu"
};

// One round: tasks of the last one until a slice is spent; what is left over is handed on to the next.
extern "C" KERNEL void work_round(RUN_GIVEN run) {
    u64 number = THREAD_NUMBER;
    if (number >= run.workers) return;
    Worker worker(run, number);
    worker.work();
    worker.leave();
}
