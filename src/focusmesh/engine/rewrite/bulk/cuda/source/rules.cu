// The interactions: rules_compiled.py and duplicating_compiled.py, word for word. Part of Worker.

// A word of the program as it stands in the copy whose nodes are at the places.
DEVICE u64 located(u64 found) const {
    if (found >> 32 & 1) {
        u64 low = LOW(found);
        return found - NEXT_SPOT - low + place_of(low >> NODE_SHIFT) + (low & CELL_MASK);
    }
    return found;
}

// A row's nodes and its root, with arguments in their places: cells of the heap from `place` on, or what was given.
DEVICE u64 copied(u64 row, bool from_given, u64 place) {
    u64 first = code(row + START), count = code(row + NODES), start = first;
    for (u64 node = 0; node < count; node++) {
        u64 size = code(start);
        u64 to = taken(size);
        if (node < PLACES)
            places[node] = (u32)to;
        else
            run.places[node * run.workers + number] = to;
        start += 2 + size;
    }
    start = first;
    for (u64 node = 0; node < count; node++) {
        u64 size = code(start), to = place_of(node);
        for (u64 at = 0; at < size; at++) write(to + at, located(code(start + 2 + at)));
        start += 2 + size;
    }
    u64 found = located(code(row + BODY));
    u64 patch = code(row + PATCH), end = patch + 2 * code(row + PATCH_COUNT);
    for (; patch < end; patch += 2) {
        u64 cell = code(patch), which = code(patch + 1);
        u64 argument = from_given ? given_at(which) : read(place + which);
        if ((long long)cell < 0)
            found = argument;
        else
            write(place_of(cell >> NODE_SHIFT) + (cell & CELL_MASK), argument);
    }
    return found;
}

// REF: a copy of the definition's nodes, with the arguments in their places.
DEVICE u64 called(u64 term) {
    u64 row = (u64)ROW * LABEL(term), place = LOW(term);
    u64 found = copied(row, false, place), arity = code(row + ARITY);
    if (arity) {
        u64 head = code(row + STRICT) ? 2 : 0;
        give_back(place - head, arity + head);
    }
    return found;
}

// APP-LAM: what is bound goes where the variable looks; the body.
DEVICE u64 applied(u64 function, u64 argument) {
    count(APPLY);
    u64 place = LOW(function), body = read(place);
    write(place, SUBSTITUTED | argument);
    return body;
}

// APP-LAM; LET and any value.
DEVICE int application(u64& frame, u64& term) {
    u64 place = LOW(frame), asking = read(place - 1), other = read(place + 1);
    give_back(place - 1, 3);
    term = TAG(frame) == LET ? applied(other, term) : applied(term, other);
    frame = asking;
    return GOING;
}

DEVICE u32 computed(u32 operation, u32 left, u32 right) const {
    switch (operation) {
    case 0: return left + right;
    case 1: return left - right;
    case 2: return left * right;
    case 3: return right == 0 ? 0 : left / right;
    case 4: return right == 0 ? left : left % right;
    case 5: return left == right;
    case 6: return left != right;
    case 7: return left < right;
    case 8: return left > right;
    case 9: return left <= right;
    case 10: return left >= right;
    case 11: return left & right;
    case 12: return left | right;
    case 13: return left ^ right;
    case 14: return left << (right & 31);
    default: return left >> (right & 31);
    }
}

// OPX takes its left number along to the right one; OPY computes.
DEVICE int operation(u64& frame, u64& term) {
    u64 place = LOW(frame), other = read(place + 1);
    count(SUCC);
    if (TAG(frame) == OPX) {
        write(place, other);
        write(place + 1, term);
        frame += WORD(OPY - OPX);
        term = other;
        return GOING;
    }
    u64 asking = read(place - 1);
    give_back(place - 1, 3);
    term = WORD(W32) | computed(LABEL(frame), (u32)other, (u32)term);
    frame = asking;
    return FOUND;
}

DEVICE bool all_given(u64 asking, u64 there, u64 wanted) {
    while (there < wanted && TAG(asking) == APP) {
        u64 place = LOW(asking);
        give(there, read(place + 1));
        asking = read(place - 1);
        there++;
    }
    return there >= wanted;
}

// A case applied to as many arguments as are given; an arm takes all that it binds at once.
DEVICE int chosen(u64 asking, u64 found, u64 there, u64& frame, u64& term) {
    u64 at = 0;
    if (TAG(found) == ARM) {
        u64 row = (u64)ROW * LABEL(found), wanted = LOW(found);
        if (wanted && all_given(asking, there, wanted)) {
            row += ROW;
            for (u64 more = there; more < wanted; more++) {
                u64 node = LOW(asking);
                asking = read(node - 1);
                give_back(node - 1, 3);
            }
            counts[APPLY] += (u32)wanted;
            left -= wanted;
            at = wanted;
        }
        found = copied(row, true, 0);
    }
    while (at < there && TAG(found) == LAM) {
        found = applied(found, given_at(at));
        at++;
    }
    for (u64 last = there; last > at; last--) {
        u64 node = taken(3) + 1;
        write(node - 1, asking);
        write(node + 1, given_at(last - 1));
        asking = WORD(APP) | node;
    }
    frame = asking;
    term = found;
    return GOING;
}

// SWI-W32: the case of the number, or the last one applied to how far it is beyond the others.
DEVICE int switched(u64& frame, u64& term) {
    u64 place = LOW(frame), cases = LABEL(frame), asking = read(place - 1);
    u64 beyond = cases - 1, found_number = LOW(term);
    count(SWITCH);
    bool rest = found_number >= beyond;
    u64 found = read(place + 1 + (rest ? beyond : found_number));
    give_back(place - 1, 2 + cases);
    if (rest) give(0, WORD(W32) | (found_number - beyond));
    return chosen(asking, found, rest ? 1 : 0, frame, term);
}

// Which case of a MAT is for a CTR; -1: none.
DEVICE long long case_for(u64 frame, u64 term) const {
    u64 row = run.matches + 2 * (u64)LABEL(frame), first = code(row), cases = code(row + 1);
    for (u64 at = 0; at < cases; at++)
        if (code(first + at) == LABEL(term)) return (long long)at;
    return cases && code(first + cases - 1) == ~(u64)0 ? (long long)cases - 1 : -1;
}

// MAT-CTR: the case of the constructor applied to its fields, the case for all others to the whole.
DEVICE int matched(u64& frame, u64& term, u64 which) {
    u64 place = LOW(frame), asking = read(place - 1), found = read(place + 1 + which);
    u64 row = run.matches + 2 * (u64)LABEL(frame), there = 1;
    count(SWITCH);
    bool other = code(code(row) + which) == ~(u64)0;
    give_back(place - 1, 2 + code(row + 1));
    if (other) {
        give(0, term);
    } else {
        u64 fields = LOW(term);
        there = code(run.arities + LABEL(term));
        for (u64 at = 0; at < there; at++) give(at, read(fields + at));
        if (there) give_back(fields, there);
    }
    return chosen(asking, found, there, frame, term);
}

DEVICE bool has_asking(u64 term) const {
    u32 tag = TAG(term);
    return (APP <= tag && tag <= OPY) || tag == LET;
}

// A superposition in a cell of a node comes out of it: two nodes, whose other cells are halves of the old.
DEVICE u64 distributed(u64 node, u64 spot, u64 pair) {
    u64 label = pair & LABELS, place = LOW(node), inner = LOW(pair), cells = cells_of(node);
    u64 head = has_asking(node) ? 1 : 0, other = taken(head + cells) + head;
    if (head) {
        write(place - 1, 0);
        write(other - 1, 0);
    }
    for (u64 at = 0; at < cells; at++) {
        u64 cell = read(place + at);
        if (at == spot) {
            write(place + at, read(inner));
            write(other + at, read(inner + 1));
        } else if (TAG(node) == OPY) {
            write(other + at, cell);
        } else {
            u64 dup = duplication(cell);
            write(place + at, WORD(DP0) | label | dup);
            write(other + at, WORD(DP1) | label | dup);
        }
    }
    node &= ~SPOTS;
    write(inner, node);
    write(inner + 1, node - place + other);
    return pair & ~SPOTS;
}

// DP0 or DP1: the half if it lies there; else its turn to evaluate, or to wait until it is served.
DEVICE int half_of(u64& frame, u64& term) {
    u64 place = LOW(term), side = TAG(term) - DP0;
    write(place + 2 + side, frame);
    u32 before = or_state(place + 1, ASKED << side);
    if (before & READY) {
        term = read(place);
        give_back(place, 4);
        return GOING;
    }
    if (before & UNMET) return FOUND;
    if (before & 3) return LEAVING;
    frame = term;
    term = read(place);
    return GOING;
}

// The halves are there: one for who asked first, the other for who waits or will come.
DEVICE int served(u64& frame, u64& term, u64 one, u64 two) {
    u64 place = LOW(frame), side = TAG(frame) - DP0;
    u64 own = side ? two : one, other = side ? one : two, asking = read(place + 2 + side);
    write(place, other);
    if (or_state(place + 1, READY) & (u32)(2 - side)) {
        push(read(place + 3 - side), other);
        give_back(place, 4);
    }
    frame = asking;
    term = own;
    return GOING;
}

// The value is stuck, and so are both halves.
DEVICE int unmet(u64& frame, u64& term) {
    u64 place = LOW(frame), side = TAG(frame) - DP0;
    write(place, term);
    if (or_state(place + 1, UNMET) & (u32)(2 - side)) push(read(place + 3 - side), frame ^ WORD(3));
    term = frame;
    frame = read(place + 2 + side);
    return FOUND;
}

// DUP-LAM: two lambdas over the halves of the body, and their variables superposed for the old one.
DEVICE int duplicated_lambda(u64& frame, u64& term) {
    u64 label = frame & LABELS, name = term & LABELS, place = LOW(term);
    u64 one = taken(1), two = taken(1), pair = taken(2);
    write(pair, WORD(VAR) | one);
    write(pair + 1, WORD(VAR) | two);
    u64 dup = duplication(read(place));
    write(one, WORD(DP0) | label | dup);
    write(two, WORD(DP1) | label | dup);
    __threadfence();
    write(place, SUBSTITUTED | WORD(SUP) | label | pair);
    return served(frame, term, WORD(LAM) | name | one, WORD(LAM) | name | two);
}

// DUP-SUP: with equal labels the halves, with different ones the superpositions of halves.
DEVICE int duplicated_pair(u64& frame, u64& term) {
    u64 place = LOW(term), label = frame & LABELS, left_half = read(place), right_half = read(place + 1);
    if (label == (term & LABELS)) {
        give_back(place, 2);
        return served(frame, term, left_half, right_half);
    }
    u64 one = duplication(left_half), two = duplication(right_half), other = taken(2);
    write(place, WORD(DP0) | label | one);
    write(place + 1, WORD(DP0) | label | two);
    write(other, WORD(DP1) | label | one);
    write(other + 1, WORD(DP1) | label | two);
    return served(frame, term, term, term - place + other);
}

// DUP-CTR: two constructors of the halves of each field.
DEVICE int duplicated_fields(u64& frame, u64& term) {
    u64 fields = cells_of(term);
    if (fields == 0) return served(frame, term, term, term);
    u64 place = LOW(term), label = frame & LABELS, other = taken(fields);
    for (u64 at = 0; at < fields; at++) {
        u64 dup = duplication(read(place + at));
        write(place + at, WORD(DP0) | label | dup);
        write(other + at, WORD(DP1) | label | dup);
    }
    return served(frame, term, term, term - place + other);
}

// DUP on any value.
DEVICE int duplicated(u64& frame, u64& term) {
    u32 tag = TAG(term);
    if (tag == SUP && ((frame ^ term) & LABELS))
        count(DISTRIBUTE);
    else
        count(DUPLICATE);
    if (tag == LAM) return duplicated_lambda(frame, term);
    if (tag == SUP) return duplicated_pair(frame, term);
    if (tag == CTR) return duplicated_fields(frame, term);
    return served(frame, term, term, term);
}
