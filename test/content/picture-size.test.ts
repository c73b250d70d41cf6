import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { withMeasures } from '../../src/content/picture-size.ts'
import { openPressOffice, writeRelease } from '../feeds/press.ts'

const port = readFileSync(new URL('../../content/media/port.jpg', import.meta.url))
const jpeg = { type: 'image/jpeg', size: port.length }

test('a picture has the width and height of its file, and nothing else has any', async () => {
  const { width, height } = await withMeasures(jpeg, async () => port)
  expect([width, height]).toEqual([expect.any(Number), expect.any(Number)])
  expect(await withMeasures(jpeg, async () => port.subarray(0, 10))).toEqual(jpeg)
  expect(await withMeasures(jpeg, async () => new Uint8Array())).toEqual(jpeg)
  const unread = async () => Promise.reject(new Error('This is not to be read.'))
  expect(await withMeasures(jpeg, unread)).toEqual(jpeg)
  const tiff = { type: 'image/tiff', size: 4 }
  expect(await withMeasures(tiff, unread)).toEqual(tiff)
})

/** A JPEG of 4 by 2 pixels, with what a camera wrote that was held upright. */
function photo(orientation: number): Uint8Array {
  const exif = [
    0xff,
    0xe1,
    0,
    34,
    ...Buffer.from('Exif\0\0MM\0*'),
    0,
    0,
    0,
    8,
    0,
    1,
    0x01,
    0x12,
    0,
    3,
    0,
    0,
    0,
    1,
    0,
    orientation,
    0,
    0,
    0,
    0,
    0,
    0,
  ]
  const frame = [0xff, 0xc0, 0, 11, 8, 0, 2, 0, 4, 1, 1, 0x11, 0]
  return Uint8Array.from([0xff, 0xd8, ...exif, ...frame, 0xff, 0xd9])
}

test('a photo that was taken upright is as browsers turn it', async () => {
  expect(await withMeasures(jpeg, async () => photo(1))).toMatchObject({ width: 4, height: 2 })
  expect(await withMeasures(jpeg, async () => photo(6))).toMatchObject({ width: 2, height: 4 })
})

test('pictures in the text and attached ones are written with their measures', async () => {
  const file = { ...jpeg, width: 900, height: 600 }
  const office = openPressOffice({ media: { 'media/a b.jpg': file, 'media/c.jpg': file } })
  const body = {
    html: '<img src="../media/a%20b.jpg?w=6" alt="A"><img src="../media/a%20b.jpg" width="9">',
  }
  const { entries } = await office.feed([
    writeRelease({ attachments: [{ file: 'c.jpg', alt: 'C' }], body }),
  ])
  expect(entries[0]!.html).toContain('/media/a%20b.jpg?w=6" alt="A" width="900" height="600">')
  expect(entries[0]!.html).toContain('/media/a%20b.jpg" width="9">')
  expect(entries[0]!.html).toContain('/media/c.jpg" alt="C" width="900" height="600">')
})
