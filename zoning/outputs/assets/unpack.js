// From text back to numbers and shapes: base64, deflate, byte planes, variable-length integers.
"use strict";

(function (Z) {
  const TYPES = { uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array };
  const STEP_DEG = 1e-5;

  function bytesOf(base64) {
    const text = atob(base64);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    return bytes;
  }

  Z.inflate = async function (base64) {
    const bytes = bytesOf(base64);
    if (typeof DecompressionStream === "undefined") return fflate.unzlibSync(bytes);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  };

  // At once, where what is drawn waits for it.
  Z.inflateNow = (base64) => fflate.unzlibSync(bytesOf(base64));

  Z.numbers = async function (packed) {
    const bytes = await Z.inflate(packed.data);
    if (packed.type === "json") return JSON.parse(new TextDecoder().decode(bytes));
    return Z.planes(bytes, packed.type);
  };

  // Numbers were written plane by plane: all low bytes, then all high bytes.
  Z.planes = function (bytes, type) {
    const Kind = TYPES[type];
    const width = Kind.BYTES_PER_ELEMENT;
    const count = bytes.length / width;
    const found = new Kind(count);
    for (let plane = 0; plane < width; plane++) {
      const from = plane * count;
      for (let i = 0; i < count; i++) found[i] |= bytes[from + i] << (8 * plane);
    }
    return found;
  };

  // Reads variable-length integers one after the other.
  Z.reader = function (bytes) {
    let at = 0;
    const next = function () {
      let value = 0;
      let scale = 1;
      for (;;) {
        const byte = bytes[at++];
        value += (byte & 127) * scale;
        if (byte < 128) return value;
        scale *= 128;
      }
    };
    next.left = () => at < bytes.length;
    return next;
  };

  // A layer: for each feature its polygons, for each polygon its rings of [lat, lng].
  Z.shapes = async function (base64) {
    const next = Z.reader(await Z.inflate(base64));
    const step = function () {
      const zigzag = next();
      return zigzag % 2 ? -(zigzag + 1) / 2 : zigzag / 2;
    };
    let lng = 0;
    let lat = 0;
    const ring = () =>
      Array.from({ length: next() }, () => {
        lng += step();
        lat += step();
        return [lat * STEP_DEG, lng * STEP_DEG];
      });
    const features = [];
    while (next.left()) {
      features.push(Array.from({ length: next() }, () => Array.from({ length: next() }, ring)));
    }
    return features;
  };
})(Zoning);
