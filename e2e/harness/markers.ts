/** Something secret that was typed, in every form in which it could lie about. */
export interface Trace {
  readonly marker: string
  readonly form: string
  readonly where: string
}

/** Markers are searched by whole words of this length and more: shorter ones turn up in noise. */
const SHORTEST_MARKER = 6

interface Form {
  readonly name: string
  readonly bytes: Buffer
}

/** Something secret: words, or a piece of a file. */
export type Marker = string | Buffer

const text = (name: string, value: string): Form => ({ name, bytes: Buffer.from(value, 'latin1') })

function formsOf(marker: Marker): Form[] {
  if (marker.length < SHORTEST_MARKER) throw new Error(`too short to be searched for: ${shown(marker)}`)
  return typeof marker === 'string'
    ? formsOfText(marker)
    : [{ name: 'bytes', bytes: marker }, ...encoded(marker)]
}

function shown(marker: Marker): string {
  return typeof marker === 'string' ? marker : `bytes ${marker.toString('hex')}`
}

function formsOfText(marker: string): Form[] {
  const utf8 = Buffer.from(marker)
  const utf16 = Buffer.from(marker, 'utf16le')
  return [
    { name: 'UTF-8', bytes: utf8 },
    { name: 'UTF-8, decomposed', bytes: Buffer.from(marker.normalize('NFD')) },
    { name: 'UTF-16, little-endian', bytes: utf16 },
    { name: 'UTF-16, big-endian', bytes: Buffer.from(utf16).swap16() },
    { name: 'reversed', bytes: Buffer.from([...marker].reverse().join('')) },
    text('percent-encoded', encodeURIComponent(marker)),
    ...encoded(utf8),
  ]
}

function encoded(bytes: Buffer): Form[] {
  const shifts = [0, 1, 2]
  return [
    text('hex', bytes.toString('hex')),
    text('upper-case hex', bytes.toString('hex').toUpperCase()),
    ...shifts.map((shift) => text(`base64, shifted by ${shift}`, base64Inside(bytes, shift, 'base64'))),
    ...shifts.map((shift) => text(`base64url, shifted by ${shift}`, base64Inside(bytes, shift, 'base64url'))),
  ]
}

/** Bytes of a piece of a file, and how many different ones it has at least: rows of zeros lie everywhere. */
const PIECE = 24
const VARIETY = 12

/** Pieces of a file by which all of it would be recognised, from its beginning on. */
export function piecesOf(file: Buffer): Buffer[] {
  const pieces = [0, 1, 2, 3, 4, 5, 6, 7].map((part) => pieceFrom(file, Math.floor((part * file.length) / 8)))
  const found = pieces.filter((piece) => piece !== null)
  if (found.length < 4) throw new Error('a file that cannot be recognised by its pieces')
  return found
}

function pieceFrom(file: Buffer, from: number): Buffer | null {
  for (let start = from; start + PIECE <= file.length; start++) {
    const piece = file.subarray(start, start + PIECE)
    if (new Set(piece).size >= VARIETY) return piece
  }
  return null
}

/** The characters of a base64 text that depend on the marker alone, when it starts `shift` bytes into a group. */
function base64Inside(bytes: Buffer, shift: number, encoding: 'base64' | 'base64url'): string {
  const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString(encoding)
  const firstWhole = Math.ceil((shift * 8) / 6)
  const lastWhole = Math.floor(((shift + bytes.length) * 8) / 6)
  return text.slice(firstWhole, lastWhole)
}

/** Looks for every marker in every form in each piece of bytes. */
export function findTraces(
  markers: readonly Marker[],
  pieces: Iterable<{ readonly where: string; readonly bytes: Buffer }>,
): Trace[] {
  const forms = markers.flatMap((marker) =>
    formsOf(marker).map((form) => ({ marker: shown(marker), ...form })),
  )
  const traces: Trace[] = []
  for (const { where, bytes } of pieces) {
    for (const { marker, name, bytes: wanted } of forms) {
      if (bytes.includes(wanted)) traces.push({ marker, form: name, where })
    }
  }
  return traces
}
