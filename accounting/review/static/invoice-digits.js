// Where digits belong that a person reads from the image: the whole text, or a few around the one
// that is wrong.
"use strict";

review.digits = (() => {
  const LENGTHS = { number: 8, code: 12 };

  const differences = (text, run, at) =>
    [...run].filter((digit, index) => text[at + index] !== digit).length;

  // Says where a run of digits fits into a text.
  //
  // - "whole": it is all of the new text: of an amount, of a text of another length than it should
  //   have, or as long as the text;
  // - "one": it fits at one place only, with one digit that differs there;
  // - "same": it is in the text already;
  // - "several", "nowhere": nobody can tell the digit that is meant.
  function fit(name, text, run) {
    const length = LENGTHS[name];
    if (length === undefined || text.length !== length) return { kind: "whole", text: run };
    if (run.length > length) return { kind: "nowhere" };
    if (run.length === length) return { kind: "whole", text: run };
    const places = [...Array(length - run.length + 1).keys()];
    if (places.some((at) => differences(text, run, at) === 0)) return { kind: "same" };
    const near = places.filter((at) => differences(text, run, at) === 1);
    const made = near.map((at) => text.slice(0, at) + run + text.slice(at + run.length));
    // A run such as 11 fits at two places of 1121 with the same result.
    if (new Set(made).size > 1) return { kind: "several" };
    if (near.length === 0) return { kind: "nowhere" };
    return { kind: "one", text: made[0], at: near[0] };
  }

  return { fit };
})();
