// Reads a tree in shared memory while the page writes it, until the page has stored a mark; then says what it saw. A worker
// knows no import map, so it uses plain addresses.

const PACKAGE = "/node_modules/@maple/mm";

globalThis.onmessage = async ({ data }) => {
  const { SharedReader } = await import(`${PACKAGE}/tree.js`);
  const { RangeMap } = await import(`${PACKAGE}/range-map.js`);
  const reader = new SharedReader(data);
  let reads = 0;
  let wrong = 0;
  let changes = 0;
  let before;
  while (reader.load(2 ** 40) === undefined) {
    const i = reads++ % 500;
    const value = reader.load(i * 16 + 3);
    if (value === undefined || value % 1_000 !== i) wrong++;
    if (i === 0 && value !== before) {
      before = value;
      if (++changes === 5) globalThis.postMessage("changes");
    }
  }
  const map = new RangeMap().set(0, 5, "a").set(5, 9, "b");
  globalThis.postMessage({ wrong, hasRead: reads > 500, map: [...map.values()] });
};
