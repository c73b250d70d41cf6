/** The icon of the pages as browsers ask for it, in black and white pixels: a sheet with lines of text. */
const drawing = [
  '                ',
  '  ###########   ',
  '  #         ##  ',
  '  #         ### ',
  '  #  #####    # ',
  '  #  #####    # ',
  '  #           # ',
  '  #  #######  # ',
  '  #           # ',
  '  #  #######  # ',
  '  #           # ',
  '  #  #######  # ',
  '  #           # ',
  '  #           # ',
  '  ############# ',
  '                ',
]

/** The same for every size and both colour schemes. */
export const vectorIcon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><style>path{fill:none;stroke:#1d3a6b;stroke-width:1.4}@media (prefers-color-scheme:dark){path{stroke:#cfdcf5}}</style><path d="M2.5 1.5h8.6l3 3v10H2.5z"/><path d="M5 5.2h5M5 8h6.5M5 10.5h6.5"/></svg>
`

/** ICO with one bitmap of one bit a pixel, the last row first, and a mask of what is transparent. */
export function bitmapIcon(): Uint8Array<ArrayBuffer> {
  const size = drawing.length
  const rowBytes = 4
  const headers = 22 + 40 + 8
  const bytes = new Uint8Array(headers + 2 * size * rowBytes)
  const view = new DataView(bytes.buffer)
  // One image, of type icon.
  view.setUint16(2, 1, true)
  view.setUint16(4, 1, true)
  bytes.set([size, size, 2], 6)
  view.setUint16(10, 1, true)
  view.setUint16(12, 1, true)
  view.setUint32(14, bytes.length - 22, true)
  view.setUint32(18, 22, true)
  view.setUint32(22, 40, true)
  view.setInt32(26, size, true)
  // The mask counts as rows.
  view.setInt32(30, 2 * size, true)
  view.setUint16(34, 1, true)
  view.setUint16(36, 1, true)
  // Blue, green, red.
  bytes.set([0xff, 0xff, 0xff, 0, 0x6b, 0x3a, 0x1d, 0], 62)
  drawing.toReversed().forEach((row, index) => {
    const bits = Array.from(row, (pixel) => (pixel === '#' ? 1 : 0)).reduce<number>(
      (all, bit) => all * 2 + bit,
      0,
    )
    view.setUint16(headers + index * rowBytes, bits)
    view.setUint16(headers + (size + index) * rowBytes, bits ^ 0xffff)
  })
  return bytes
}
