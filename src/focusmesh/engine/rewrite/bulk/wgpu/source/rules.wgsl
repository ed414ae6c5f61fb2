// The interactions, as rules_compiled.py and duplicating_compiled.py have them; each says where the task is then.

// A word of the program as it stands in the copy whose nodes are at the places.
fn located(found: vec2<u32>) -> vec2<u32> {
  if ((found.y & 1u) != 0u) {
    return vec2(own[place_at(found.x >> NODE_SHIFT)] + (found.x & CELL_MASK), found.y - 1u);
  }
  return found;
}

// A row's nodes and its root, with arguments in their places: cells of the heap from `place` on, or what was given.
fn copied(row: u32, from_given: bool, place: u32) -> vec2<u32> {
  let first = code(row + START);
  let nodes = code(row + NODES);
  var start = first;
  for (var node = 0u; node < nodes; node++) {
    let size = code(start);
    own[place_at(node)] = taken(size);
    start += 2u + size;
    steps += 2u + size;
  }
  start = first;
  for (var node = 0u; node < nodes; node++) {
    let size = code(start);
    let to = own[place_at(node)];
    for (var at = 0u; at < size; at++) { put(to + at, located(code_word(start + 2u + at))); }
    start += 2u + size;
  }
  var found = located(code_word(row + BODY));
  let patches = code(row + PATCH);
  let end = patches + 2u * code(row + PATCH_COUNT);
  for (var at = patches; at < end; at += 2u) {
    let cell = code_word(at);
    let which = code(at + 1u);
    var argument: vec2<u32>;
    if (from_given) { argument = given(which); } else { argument = cell_at(place + which); }
    if ((cell.y & SUBSTITUTED) != 0u) {
      found = argument;
    } else {
      put(own[place_at(cell.x >> NODE_SHIFT)] + (cell.x & CELL_MASK), argument);
    }
  }
  return found;
}

fn has_strict(row: u32) -> bool {
  let mask = code_word(row + STRICT);
  return (mask.x | mask.y) != 0u;
}

// REF: a copy of the definition's nodes, with the arguments in their places.
fn called(call: vec2<u32>) -> vec2<u32> {
  let row = ROW * label_of(call);
  return copied(row, false, call.x);
}

// APP-LAM: what is bound goes where the variable looks; the body.
fn applied(lambda: vec2<u32>, argument: vec2<u32>) -> vec2<u32> {
  counted(APPLY);
  let body = cell_at(lambda.x);
  put(lambda.x, vec2(argument.x, argument.y | SUBSTITUTED));
  return body;
}

// APP-LAM; LET and any value.
fn application() -> u32 {
  let place = frame.x;
  let asking = cell_at(place - 1u);
  let other = cell_at(place + 1u);
  if (tag_of(frame) == LET) { term = applied(other, term); } else { term = applied(term, other); }
  frame = asking;
  return GOING;
}

fn computed(kind: u32, one: u32, two: u32) -> u32 {
  switch (kind) {
    case 0u: { return one + two; }
    case 1u: { return one - two; }
    case 2u: { return one * two; }
    case 3u: { if (two == 0u) { return 0u; } return one / two; }
    case 4u: { if (two == 0u) { return one; } return one % two; }
    case 5u: { return select(0u, 1u, one == two); }
    case 6u: { return select(0u, 1u, one != two); }
    case 7u: { return select(0u, 1u, one < two); }
    case 8u: { return select(0u, 1u, one > two); }
    case 9u: { return select(0u, 1u, one <= two); }
    case 10u: { return select(0u, 1u, one >= two); }
    case 11u: { return one & two; }
    case 12u: { return one | two; }
    case 13u: { return one ^ two; }
    case 14u: { return one << (two & 31u); }
    default: { return one >> (two & 31u); }
  }
}

// OPX takes its left number along to the right one; OPY computes.
fn operation() -> u32 {
  let place = frame.x;
  let other = cell_at(place + 1u);
  counted(SUCC);
  if (tag_of(frame) == OPX) {
    put(place, other);
    put(place + 1u, term);
    frame.y += (OPY - OPX) << 26u;
    term = other;
    return GOING;
  }
  let asking = cell_at(place - 1u);
  term = made(W32, 0u, computed(label_of(frame), other.x, term.x));
  frame = asking;
  return FOUND;
}

fn all_given(first: vec2<u32>, there: u32, wanted: u32) -> bool {
  var asking = first;
  var at = there;
  while (at < wanted && tag_of(asking) == APP) {
    give(at, cell_at(asking.x + 1u));
    asking = cell_at(asking.x - 1u);
    at++;
  }
  return at >= wanted;
}

// A case applied to as many arguments as are given; an arm takes all that it binds at once.
fn chosen(first: vec2<u32>, found_case: vec2<u32>, there: u32) -> u32 {
  var asking = first;
  var found = found_case;
  var at = 0u;
  if (tag_of(found) == ARM) {
    var row = ROW * label_of(found);
    let wanted = found.x;
    if (wanted != 0u && all_given(asking, there, wanted)) {
      row += ROW;
      for (var more = there; more < wanted; more++) {
        let node = asking.x;
        asking = cell_at(node - 1u);
      }
      counts[APPLY] += wanted;
      left -= i32(wanted);
      at = wanted;
    }
    found = copied(row, true, 0u);
  }
  while (at < there && tag_of(found) == LAM) {
    found = applied(found, given(at));
    at++;
  }
  for (var last = there; last > at; last--) {
    let node = taken(3u) + 1u;
    put(node - 1u, asking);
    put(node + 1u, given(last - 1u));
    asking = made(APP, 0u, node);
  }
  frame = asking;
  term = found;
  return GOING;
}

// SWI-W32: the case of the number, or the last one applied to how far it is beyond the others.
fn switched() -> u32 {
  let place = frame.x;
  let cases = label_of(frame);
  let asking = cell_at(place - 1u);
  let beyond = cases - 1u;
  let value = term.x;
  counted(SWITCH);
  let found = cell_at(place + 1u + min(value, beyond));
  if (value >= beyond) {
    give(0u, made(W32, 0u, value - beyond));
    return chosen(asking, found, 1u);
  }
  return chosen(asking, found, 0u);
}

// Which case of a MAT is for a CTR; all bits: none.
fn case_for() -> u32 {
  let row = run.matches + 2u * label_of(frame);
  let first = code(row);
  let cases = code(row + 1u);
  for (var at = 0u; at < cases; at++) {
    if (code(first + at) == label_of(term)) { return at; }
  }
  if (cases != 0u && code(first + cases - 1u) == 0xFFFFFFFFu) { return cases - 1u; }
  return 0xFFFFFFFFu;
}

// MAT-CTR: the case of the constructor applied to its fields, the case for all others to the whole.
fn matched(which: u32) -> u32 {
  let place = frame.x;
  let asking = cell_at(place - 1u);
  let found = cell_at(place + 1u + which);
  let row = run.matches + 2u * label_of(frame);
  counted(SWITCH);
  if (code(code(row) + which) == 0xFFFFFFFFu) {
    give(0u, term);
    return chosen(asking, found, 1u);
  }
  let fields = term.x;
  let there = code(run.arities + label_of(term));
  for (var at = 0u; at < there; at++) { give(at, cell_at(fields + at)); }
  steps += 2u * there;
  return chosen(asking, found, there);
}

fn has_asking(word: vec2<u32>) -> bool {
  let tag = tag_of(word);
  return (APP <= tag && tag <= OPY) || tag == LET;
}

// A superposition in a cell of a node comes out of it: two nodes, whose other cells are halves of the old.
fn distributed(node_word: vec2<u32>, spot: u32, pair: vec2<u32>) -> vec2<u32> {
  let node = plain(node_word);
  let label = pair.y & LABELS;
  let place = node.x;
  let inner = pair.x;
  let cells = cells_of(node);
  let head = select(0u, 1u, has_asking(node));
  let other = taken(head + cells) + head;
  if (head != 0u) {
    put(place - 1u, vec2(0u, 0u));
    put(other - 1u, vec2(0u, 0u));
  }
  steps += cells;
  for (var at = 0u; at < cells; at++) {
    let cell = cell_at(place + at);
    if (at == spot) {
      put(place + at, cell_at(inner));
      put(other + at, cell_at(inner + 1u));
    } else if (tag_of(node) == OPY) {
      put(other + at, cell);
    } else {
      let dup = duplication(cell);
      put(place + at, made(DP0, label, dup));
      put(other + at, made(DP1, label, dup));
    }
  }
  put(inner, node);
  put(inner + 1u, vec2(other, node.y));
  return plain(pair);
}

// DP0 or DP1: the half, in the next round, if it lies there; else its turn to evaluate, or to wait until it is served.
fn half_of() -> u32 {
  let place = term.x;
  let side = tag_of(term) - DP0;
  let flags = spot_of(term);
  if ((flags & READY_NOW) != 0u) {
    term = cell_at(place);
    return GOING;
  }
  if ((flags & UNMET_NOW) != 0u) {
    term = plain(term);
    return FOUND;
  }
  put(place + 2u + side, frame);
  let before = or_state(place + 1u, ASKED << side);
  if ((before & READY) != 0u) {
    hand_on(frame, at_spot(term, READY_NOW));
    return LEAVING;
  }
  if ((before & UNMET) != 0u) {
    hand_on(frame, at_spot(term, UNMET_NOW));
    return LEAVING;
  }
  if ((before & 3u) != 0u) { return LEAVING; }
  frame = term;
  term = cell_at(place);
  return GOING;
}

// The halves are there: one for who asked first, the other, in the next round, for who waits or will come.
fn served(one: vec2<u32>, two: vec2<u32>) -> u32 {
  let place = frame.x;
  let side = tag_of(frame) - DP0;
  let asking = cell_at(place + 2u + side);
  var mine_half = one;
  var other = two;
  if (side != 0u) {
    mine_half = two;
    other = one;
  }
  put(place, other);
  if ((or_state(place + 1u, READY) & (2u - side)) != 0u) {
    hand_on(at_spot(made(DELIVER, 0u, place), 1u - side), other);
  }
  frame = asking;
  term = mine_half;
  return GOING;
}

// The value is stuck, and so are both halves.
fn unmet() -> u32 {
  let place = frame.x;
  let side = tag_of(frame) - DP0;
  put(place, term);
  if ((or_state(place + 1u, UNMET) & (2u - side)) != 0u) {
    let other = vec2(frame.x, frame.y ^ (3u << 26u));
    hand_on(at_spot(made(DELIVER, 0u, place), 1u - side), at_spot(other, UNMET_NOW));
  }
  term = plain(frame);
  frame = cell_at(place + 2u + side);
  return FOUND;
}

// DUP-LAM: two lambdas over the halves of the body, and their variables superposed for the old one.
fn duplicated_lambda() -> u32 {
  let label = frame.y & LABELS;
  let name = term.y & LABELS;
  let place = term.x;
  let one = taken(1u);
  let two = taken(1u);
  let pair = taken(2u);
  put(pair, made(VAR, 0u, one));
  put(pair + 1u, made(VAR, 0u, two));
  let dup = duplication(cell_at(place));
  put(one, made(DP0, label, dup));
  put(two, made(DP1, label, dup));
  put(place, made(SUP, label | SUBSTITUTED, pair));
  return served(made(LAM, name, one), made(LAM, name, two));
}

// DUP-SUP: with equal labels the halves, with different ones the superpositions of halves.
fn duplicated_pair() -> u32 {
  let place = term.x;
  let label = frame.y & LABELS;
  let one_half = cell_at(place);
  let two_half = cell_at(place + 1u);
  if (label == (term.y & LABELS)) {
    return served(one_half, two_half);
  }
  let one = duplication(one_half);
  let two = duplication(two_half);
  let other = taken(2u);
  put(place, made(DP0, label, one));
  put(place + 1u, made(DP0, label, two));
  put(other, made(DP1, label, one));
  put(other + 1u, made(DP1, label, two));
  return served(term, vec2(other, term.y));
}

// DUP-CTR: two constructors of the halves of each field.
fn duplicated_fields() -> u32 {
  let fields = cells_of(term);
  if (fields == 0u) { return served(term, term); }
  let place = term.x;
  let label = frame.y & LABELS;
  let other = taken(fields);
  steps += fields;
  for (var at = 0u; at < fields; at++) {
    let dup = duplication(cell_at(place + at));
    put(place + at, made(DP0, label, dup));
    put(other + at, made(DP1, label, dup));
  }
  return served(term, vec2(other, term.y));
}

// DUP on any value.
fn duplicated() -> u32 {
  let tag = tag_of(term);
  let different = tag == SUP && ((frame.y ^ term.y) & LABELS) != 0u;
  counted(select(DUPLICATE, DISTRIBUTE, different));
  if (tag == LAM) { return duplicated_lambda(); }
  if (tag == SUP) { return duplicated_pair(); }
  if (tag == CTR) { return duplicated_fields(); }
  return served(term, term);
}
