// A task: down to a value, up with what comes of it; working_compiled.py and walking_compiled.py. Part of Worker.

// The first argument of a call, from `spot` on, that is to be evaluated before it; -1: none.
DEVICE int strict_spot(u64 term, int spot) const {
    u64 mask = code((u64)ROW * LABEL(term) + STRICT) >> spot;
    for (; mask; mask >>= 1, spot++) {
        if (mask & 1) {
            u32 tag = TAG(read(LOW(term) + spot));
            if (tag < ERA || tag == LET) return spot;
        }
    }
    return -1;
}

// Strict arguments that are calls, but for the first, are tasks of their own; JOIN counts who is to come back.
DEVICE void fork_arguments(u64 term, int spot) {
    u64 place = LOW(term), forks = 0;
    u64 mask = code((u64)ROW * LABEL(term) + STRICT);
    int last = spot;
    if (TAG(read(place + spot)) != VAR) {
        for (int at = spot + 1; at < 63 && mask >> at; at++) {
            if ((mask >> at & 1) && TAG(read(place + at)) == REF) forks++;
            last = at;
        }
    }
    write(place - 2, forks ? forks + 1 : 0);
    for (int at = last; forks; at--) {
        if ((mask >> at & 1) && TAG(read(place + at)) == REF) {
            u64 argument = read(place + at);
            write(place + at, NOTHING);
            push((term & ~SPOTS) | (u64)at << 32 | FORKED, argument);
            forks--;
        }
    }
}

// A call: its strict arguments first.
DEVICE int to_call(u64& frame, u64& term) {
    if (code((u64)ROW * LABEL(term) + STRICT) == 0) return CALLING;
    int spot = strict_spot(term, 0);
    if (spot < 0) return CALLING;
    u64 place = LOW(term);
    write(place - 1, frame);
    fork_arguments(term, spot);
    frame = (term & ~SPOTS) | (u64)spot << 32;
    term = read(place + spot);
    return GOING;
}

// A strict argument is there: on to the next, or to the call once all are.
DEVICE int argued(u64& frame, u64& term) {
    u64 place = LOW(frame), node = frame & ~SPOTS;
    int spot = SPOT(frame) & 0x3F;
    write(place + spot, term);
    if (!(frame & FORKED)) {
        spot = strict_spot(node, spot + 1);
        if (spot >= 0) {
            frame = node | (u64)spot << 32;
            term = read(place + spot);
            return GOING;
        }
        if (read(place - 2) == 0) {
            frame = read(place - 1);
            term = node;
            return CALLING;
        }
    }
    __threadfence();
    if (atomicAdd((u64*)run.heap + place - 2, ~(u64)0) > 1) return LEAVING;
    __threadfence();
    frame = read(place - 1);
    term = node;
    return CALLING;
}

// One step towards a value or a call.
DEVICE int down(u64& frame, u64& term) {
    u32 tag = TAG(term);
    u64 place = LOW(term);
    if (tag == VAR) {
        u64 cell = read(place);
        if (!(cell & SUBSTITUTED)) return FOUND;
        give_back(place, 1);
        term = cell & ~SUBSTITUTED;
        return GOING;
    }
    if (tag <= DP1) return half_of(frame, term);
    if (tag == REF) return to_call(frame, term);
    if (tag == ARM) {
        term = copied((u64)ROW * LABEL(term), true, 0);
        return GOING;
    }
    if (tag > OPY && tag != LET) return FOUND;
    if (read(place - 1) == WORD(STUCK)) return FOUND;
    write(place - 1, frame);
    frame = term & ~SPOTS;
    u64 first = read(place);
    if ((term & FORKS) && run.together) {
        frame |= FORKED;
        push(frame | NEXT_SPOT, read(place + 1));
    }
    term = first;
    return GOING;
}

// One of two operands that are evaluated at once: whoever is second goes on.
DEVICE int joined(u64& frame, u64& term) {
    u64 place = LOW(frame);
    write(place + (SPOT(frame) & 1), term);
    if (!(or_state(place - 1, 1u << 31) & 1u << 31)) return LEAVING;
    write(place - 1, read(place - 1) & ~SUBSTITUTED);
    frame &= ~SPOTS;
    term = read(place);
    return FOUND;
}

// No rule: the eliminator stays as it is, and is a value for who asked for it.
DEVICE int stuck(u64& frame, u64& term) {
    if (TAG(frame) <= DP1) return unmet(frame, term);
    u64 place = LOW(frame), asking = read(place - 1);
    write(place, term);
    write(place - 1, WORD(STUCK));
    term = frame & ~SPOTS;
    frame = asking;
    return FOUND;
}

// A frame and a value: the table says what they are to each other.
DEVICE int met(u64& frame, u64& term) {
    u32 one = TAG(frame), two = TAG(term);
    if ((frame & FORKED) && one == OPX) return joined(frame, term);
    u32 opcode = run.by_tag[32 * one + two];
    if (opcode == APPLY) return application(frame, term);
    if (opcode == SUCC) return operation(frame, term);
    if (opcode == SWITCH) {
        if (one == SWI) return switched(frame, term);
        long long which = case_for(frame, term);
        return which < 0 ? stuck(frame, term) : matched(frame, term, which);
    }
    if (opcode == COLLAPSE && two != ERA) return stuck(frame, term);
    if (one <= DP1) return duplicated(frame, term);
    u64 place = LOW(frame), asking = read(place - 1);
    if (opcode == DISTRIBUTE) {
        count(DISTRIBUTE);
        term = distributed(frame, 0, term);
    } else {
        count(COLLAPSE);
        give_back(place - 1, 1 + cells_of(frame));
        term = NOTHING;
    }
    frame = asking;
    return FOUND;
}

// A value takes its place, and its parts are asked for: the first by this worker, the others by whoever is free.
DEVICE int settled(u64& frame, u64& term) {
    write(LOW(frame), term);
    u32 tag = TAG(term);
    u64 place = LOW(term);
    if (tag == VAR) return LEAVING;
    if (tag <= DP1) {
        stop(OPEN);
        return LEAVING;
    }
    u64 cells = cells_of(term);
    if (cells == 0) return LEAVING;
    for (u64 at = cells - 1; at > 0; at--) push(WORD(ROOT) | (place + at), read(place + at));
    frame = WORD(ROOT) | place;
    term = read(place);
    return GOING;
}

// SUP-LAM: two lambdas over the halves, with one variable, which from now on is a name that both bind.
DEVICE u64 lifted_from_lambda(u64 node, u64 pair) {
    u64 place = LOW(node), inner = LOW(pair), name = node & LABELS;
    if (name == 0) {
        u64 fresh = atomicAdd(run.shared + NAMES, (u64)1) + 1;
        name = (fresh & 0x3FFFF) << 40;
        if (fresh > 0x3FFFF) stop(OUT_OF_NAMES);
        write(place, SUBSTITUTED | WORD(VAR) | name);
    }
    u64 one = taken(1), two = taken(1);
    write(one, read(inner));
    write(two, read(inner + 1));
    write(inner, WORD(LAM) | name | one);
    write(inner + 1, WORD(LAM) | name | two);
    return pair & ~SPOTS;
}

// A superposition or an erasure goes up from where it was found, out of one node after the other.
DEVICE void lift(u64& frame, u64& term) {
    while (TAG(frame) == WALK && !halted) {
        count(COLLAPSE);
        u64 walk = LOW(frame), node = read(walk), above = read(walk + 1);
        give_back(walk, 2);
        bool inside = TAG(node) == LAM;
        if (TAG(term) == SUP)
            term = inside ? lifted_from_lambda(node, term) : distributed(node, SPOT(node), term);
        else if (inside)
            write(LOW(node), SUBSTITUTED | NOTHING);
        frame = above;
    }
}

// A part without superpositions takes its place; on to the next part, if there is any above.
DEVICE int completed(u64& frame, u64& term) {
    while (TAG(frame) == WALK && !halted) {
        u64 walk = LOW(frame), node = read(walk), place = LOW(node), spot = SPOT(node);
        write(place + spot, term);
        if (spot + 1 < cells_of(node)) {
            write(walk, node + NEXT_SPOT);
            term = read(place + spot + 1);
            return GOING;
        }
        frame = read(walk + 1);
        term = node & ~SPOTS;
        give_back(walk, 2);
    }
    run.results[LOW(frame)] = term;
    return LEAVING;
}

// The head of a part of what is being collapsed: up with what superposes or erases, else down into its parts.
DEVICE int walked(u64& frame, u64& term) {
    u32 tag = TAG(term);
    if (tag == SUP || tag == ERA) {
        lift(frame, term);
        run.results[LOW(frame)] = term;
        return LEAVING;
    }
    if (DP0 <= tag && tag <= DP1) {
        stop(OPEN);
        return LEAVING;
    }
    if (tag == VAR || cells_of(term) == 0) return completed(frame, term);
    u64 walk = taken(2);
    write(walk, term & ~SPOTS);
    write(walk + 1, frame);
    frame = WORD(WALK) | walk;
    term = read(LOW(term));
    return GOING;
}

// A frame and a value: what the frame is for.
DEVICE int arrived(u64& frame, u64& term) {
    u32 tag = TAG(frame);
    if (tag == ROOT) return settled(frame, term);
    if (tag > ROOT) return walked(frame, term);
    return tag == REF ? argued(frame, term) : met(frame, term);
}

// One task after the other until the slice is spent. Threads that run together take new tasks in one place: there is
// one loop, and nobody waits for the others' tasks to end.
DEVICE void work() {
    u64 next = number, frame = 0, term = 0;
    int state = LEAVING;
    while (!halted) {
        if (state == LEAVING) {
            if (left <= 0) break;
            if (depth) {
                pop(frame, term);
            } else if (next < run.in_count) {
                frame = run.in[2 * next];
                term = run.in[2 * next + 1];
                next += run.workers;
            } else {
                break;
            }
            state = GOING;
        }
        while (state == GOING && left > 0) state = down(frame, term);
        if (state == GOING) {
            push(frame, term);
            break;
        }
        if (state == CALLING) {
            count(APPLY);
            term = called(term);
            state = GOING;
        } else if (state == FOUND) {
            state = arrived(frame, term);
        }
    }
    while (depth && !halted) {
        pop(frame, term);
        hand_on(frame, term);
    }
    for (; next < run.in_count && !halted; next += run.workers)
        hand_on(run.in[2 * next], run.in[2 * next + 1]);
}
