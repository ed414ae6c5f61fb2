// A task: down to a value, up with what comes of it; working_compiled.py and walking_compiled.py.

fn is_strict(mask: vec2<u32>, at: u32) -> bool {
  if (at < 32u) { return ((mask.x >> at) & 1u) != 0u; }
  return ((mask.y >> (at - 32u)) & 1u) != 0u;
}

// The first argument of a call, from `spot` on, that is to be evaluated before it; 63: none.
fn strict_spot(call: vec2<u32>, first: u32) -> u32 {
  let row = ROW * label_of(call);
  let mask = code_word(row + STRICT);
  let arity = min(code(row + ARITY), 62u);
  for (var spot = first; spot < arity; spot++) {
    if (is_strict(mask, spot)) {
      let tag = tag_of(cell_at(call.x + spot));
      if (tag < ERA || tag == LET) { return spot; }
    }
  }
  return 63u;
}

// Strict arguments that are calls, but for the first, are tasks of their own; JOIN counts who is to come back.
fn fork_arguments(call: vec2<u32>, spot: u32) {
  let place = call.x;
  let row = ROW * label_of(call);
  let mask = code_word(row + STRICT);
  let arity = min(code(row + ARITY), 62u);
  var forks = 0u;
  if (tag_of(cell_at(place + spot)) != VAR) {
    for (var at = spot + 1u; at < arity; at++) {
      if (is_strict(mask, at) && tag_of(cell_at(place + at)) == REF) { forks++; }
    }
  }
  put(place - 2u, vec2(select(0u, forks + 1u, forks != 0u), 0u));
  for (var at = arity; forks != 0u; at--) {
    let cell = place + at - 1u;
    if (is_strict(mask, at - 1u) && tag_of(cell_at(cell)) == REF) {
      let argument = cell_at(cell);
      put(cell, NOTHING);
      push(at_spot(call, (at - 1u) | FORKED), argument);
      forks--;
    }
  }
}

// A call: its strict arguments first.
fn to_call() -> u32 {
  if (!has_strict(ROW * label_of(term))) { return CALLING; }
  let spot = strict_spot(term, 0u);
  if (spot == 63u) { return CALLING; }
  let place = term.x;
  put(place - 1u, frame);
  fork_arguments(term, spot);
  frame = at_spot(term, spot);
  term = cell_at(place + spot);
  return GOING;
}

// A strict argument is there: on to the next, or to the call once all are.
fn argued() -> u32 {
  let place = frame.x;
  let node = plain(frame);
  let here = spot_of(frame) & 0x3Fu;
  put(place + here, term);
  if ((frame.y & FORKED) == 0u) {
    let spot = strict_spot(node, here + 1u);
    if (spot != 63u) {
      frame = at_spot(node, spot);
      term = cell_at(place + spot);
      return GOING;
    }
    if (cell_at(place - 2u).x == 0u) {
      frame = cell_at(place - 1u);
      term = node;
      return CALLING;
    }
  }
  if (atomicSub(&heap[2u * (place - 2u)], 1u) == 1u) { hand_on(made(CALL_ON, 0u, 0u), node); }
  return LEAVING;
}

// One step towards a value or a call.
fn down() -> u32 {
  let tag = tag_of(term);
  let place = term.x;
  if (tag == VAR) {
    let cell = cell_at(place);
    if ((cell.y & SUBSTITUTED) == 0u) { return FOUND; }
    term = vec2(cell.x, cell.y & ~SUBSTITUTED);
    return GOING;
  }
  if (tag <= DP1) { return half_of(); }
  if (tag == REF) { return to_call(); }
  if (tag == ARM) {
    term = copied(ROW * label_of(term), true, 0u);
    return GOING;
  }
  if (tag > OPY && tag != LET) { return FOUND; }
  let asking = cell_at(place - 1u);
  if (asking.y == STUCK << 26u) { return FOUND; }
  put(place - 1u, frame);
  frame = plain(term);
  let first = cell_at(place);
  if ((term.y & FORKS) != 0u && run.together != 0u) {
    frame = at_spot(frame, FORKED);
    push(at_spot(frame, FORKED | 1u), cell_at(place + 1u));
  }
  term = first;
  return GOING;
}

// One of two operands that are evaluated at once: in the next round it goes on from the second.
fn joined() -> u32 {
  let place = frame.x;
  put(place + (spot_of(frame) & 1u), term);
  if ((or_state(place - 1u, SUBSTITUTED) & SUBSTITUTED) != 0u) {
    hand_on(made(RESUME, 0u, 0u), plain(frame));
  }
  return LEAVING;
}

// No rule: the eliminator stays as it is, and is a value for who asked for it.
fn stuck() -> u32 {
  if (tag_of(frame) <= DP1) { return unmet(); }
  let place = frame.x;
  let asking = cell_at(place - 1u);
  put(place, term);
  put(place - 1u, made(STUCK, 0u, 0u));
  term = plain(frame);
  frame = asking;
  return FOUND;
}

// A frame and a value: the table says what they are to each other.
fn met() -> u32 {
  let one = tag_of(frame);
  let two = tag_of(term);
  if ((frame.y & FORKED) != 0u && one == OPX) { return joined(); }
  let opcode = program[run.by_tag + 32u * one + two];
  if (opcode == APPLY) { return application(); }
  if (opcode == SUCC) { return operation(); }
  if (opcode == SWITCH) {
    if (one == SWI) { return switched(); }
    let which = case_for();
    if (which == 0xFFFFFFFFu) { return stuck(); }
    return matched(which);
  }
  if (opcode == COLLAPSE && two != ERA) { return stuck(); }
  if (one <= DP1) { return duplicated(); }
  counted(opcode);
  let place = frame.x;
  let asking = cell_at(place - 1u);
  if (opcode == DISTRIBUTE) {
    term = distributed(frame, 0u, term);
  } else {
    term = NOTHING;
  }
  frame = asking;
  return FOUND;
}

// A value takes its place, and its parts are asked for: the first by this worker, the others by whoever is free.
fn settled() -> u32 {
  put(frame.x, term);
  let tag = tag_of(term);
  let place = term.x;
  if (tag == VAR) { return LEAVING; }
  if (tag <= DP1) {
    stop(OPEN);
    return LEAVING;
  }
  let cells = cells_of(term);
  if (cells == 0u) { return LEAVING; }
  for (var at = cells - 1u; at > 0u; at--) { push(made(ROOT, 0u, place + at), cell_at(place + at)); }
  frame = made(ROOT, 0u, place);
  term = cell_at(place);
  return GOING;
}

// SUP-LAM: two lambdas over the halves, with one variable, which from now on is a name that both bind.
fn lifted_from_lambda(node: vec2<u32>, pair: vec2<u32>) -> vec2<u32> {
  let inner = pair.x;
  var name = node.y & LABELS;
  if (name == 0u) {
    let fresh = atomicAdd(&shared_row[NAMES], 1u) + 1u;
    name = (fresh & 0x3FFFFu) << 8u;
    if (fresh > 0x3FFFFu) { stop(OUT_OF_NAMES); }
    put(node.x, made(VAR, name | SUBSTITUTED, 0u));
  }
  let one = taken(1u);
  let two = taken(1u);
  put(one, cell_at(inner));
  put(two, cell_at(inner + 1u));
  put(inner, made(LAM, name, one));
  put(inner + 1u, made(LAM, name, two));
  return plain(pair);
}

// A superposition or an erasure goes up from where it was found, out of one node after the other.
fn lift() {
  while (tag_of(frame) == WALK && !halted) {
    counted(COLLAPSE);
    let walk = frame.x;
    let node = cell_at(walk);
    let above = cell_at(walk + 1u);
    let inside = tag_of(node) == LAM;
    if (tag_of(term) == SUP) {
      if (inside) {
        term = lifted_from_lambda(node, term);
      } else {
        term = distributed(node, spot_of(node), term);
      }
    } else if (inside) {
      put(node.x, vec2(0u, NOTHING.y | SUBSTITUTED));
    }
    frame = above;
  }
}

// A part without superpositions takes its place; on to the next part, if there is any above.
fn completed() -> u32 {
  while (tag_of(frame) == WALK && !halted) {
    let walk = frame.x;
    let node = cell_at(walk);
    let spot = spot_of(node);
    put(node.x + spot, term);
    if (spot + 1u < cells_of(node)) {
      put(walk, at_spot(node, spot + 1u));
      term = cell_at(node.x + spot + 1u);
      return GOING;
    }
    frame = cell_at(walk + 1u);
    term = plain(node);
  }
  results[frame.x] = term;
  return LEAVING;
}

// The head of a part of what is being collapsed: up with what superposes or erases, else down into its parts.
fn walked() -> u32 {
  let tag = tag_of(term);
  if (tag == SUP || tag == ERA) {
    lift();
    results[frame.x] = term;
    return LEAVING;
  }
  if (DP0 <= tag && tag <= DP1) {
    stop(OPEN);
    return LEAVING;
  }
  if (tag == VAR || cells_of(term) == 0u) { return completed(); }
  let walk = taken(2u);
  put(walk, plain(term));
  put(walk + 1u, frame);
  frame = made(WALK, 0u, walk);
  term = cell_at(term.x);
  return GOING;
}

// What the round before left to this one; where the task is then.
fn resumed() -> u32 {
  let kind = tag_of(frame);
  if (kind == DELIVER) {
    frame = cell_at(frame.x + 2u + spot_of(frame));
  } else if (kind == RESUME) {
    let place = term.x;
    let asking = cell_at(place - 1u);
    put(place - 1u, vec2(asking.x, asking.y & ~SUBSTITUTED));
    frame = term;
    term = cell_at(place);
    return FOUND;
  } else if (kind == CALL_ON) {
    frame = cell_at(term.x - 1u);
    return CALLING;
  }
  return GOING;
}

fn arrived() -> u32 {
  let tag = tag_of(frame);
  if (tag == ROOT) { return settled(); }
  if (tag > ROOT) { return walked(); }
  if (tag == REF) { return argued(); }
  return met();
}

// One task after the other until the slice is spent; what is left over is handed on to the next round.
fn work() {
  var next = number;
  var state = LEAVING;
  while (!halted) {
    steps += 8u;
    if (mine + run.step_cells > mine_end) {
      another_chunk();
      if (halted) { break; }
    }
    if (state == LEAVING) {
      if (left <= 0 || steps > run.steps_max) { break; }
      if (depth > 0u) {
        pop();
      } else if (next < run.in_count) {
        frame = tasks_in[next].xy;
        term = tasks_in[next].zw;
        next += run.workers;
      } else {
        break;
      }
      state = resumed();
    }
    if (state == GOING && left > 0 && steps <= run.steps_max) { state = down(); }
    if (state == GOING && left > 0 && steps <= run.steps_max) { continue; }
    if (state == GOING) {
      push(frame, term);
      break;
    }
    if (state == CALLING) {
      counted(APPLY);
      term = called(term);
      state = GOING;
    } else if (state == FOUND) {
      state = arrived();
    }
  }
  while (depth > 0u && !halted) {
    pop();
    hand_on(frame, term);
  }
  for (; next < run.in_count && !halted; next += run.workers) {
    hand_on(tasks_in[next].xy, tasks_in[next].zw);
  }
}

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  number = id.x;
  if (number >= run.workers) { return; }
  mine = own[MINE * run.workers + number];
  mine_end = own[MINE_END * run.workers + number];
  left = i32(run.slice);
  work();
  own[MINE * run.workers + number] = mine;
  own[MINE_END * run.workers + number] = mine_end;
  var spent = 0u;
  for (var at = 0u; at < 7u; at++) {
    own[(COUNTS + at) * run.workers + number] += counts[at];
    spent += counts[at];
  }
  atomicAdd(&shared_row[SPENT], spent);
}
