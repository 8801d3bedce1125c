import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  mjs: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json; charset=utf-8',
  webmanifest: 'application/manifest+json; charset=utf-8',
  svg: 'image/svg+xml; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
  wasm: 'application/wasm',
  png: 'image/png',
  jpg: 'image/jpeg',
  webp: 'image/webp',
  avif: 'image/avif',
  ico: 'image/x-icon',
  woff2: 'font/woff2',
}

/** Types that gain from compression, and the bytes of compressed files kept: an app with all its parts. */
const compressible = /^(text\/|application\/(json|manifest|wasm)|image\/svg)/
const keptBytes = 8 * 1024 * 1024
/** A file of the app is small; a larger one is no part of it. */
const maxFileSize = 32 * 1024 * 1024

/** What the build names by its content never changes. */
const hashedFolder = 'assets'
const compress = promisify(gzip)

interface Kept {
  readonly tag: string
  readonly bytes: Buffer
}

/** The built app as the relay serves it. */
export class StaticFiles {
  readonly #folder: string
  readonly #policy: string | null
  readonly #compressed = new Map<string, Kept>()
  #keptBytes = 0

  /** @throws Error when the folder holds no index.html */
  constructor(folder: string) {
    this.#folder = folder
    readFileSync(join(folder, 'index.html'))
    this.#policy = readPolicy(join(folder, 'csp.json'))
  }

  /** `path` as in the request, still encoded. False when there is no such file and it is no page of the app. */
  async serve(request: IncomingMessage, response: ServerResponse, path: string): Promise<boolean> {
    const segments = readSegments(path)
    if (segments === null) return false
    const name = segments.length === 0 ? 'index.html' : segments.join('/')
    if (await this.#send(request, response, name)) return true
    // A page of the app has no dot in its name; a missing file is missing.
    const isPage = !(segments.at(-1) ?? '').includes('.') && segments[0] !== hashedFolder
    return isPage && this.#send(request, response, 'index.html')
  }

  async #send(request: IncomingMessage, response: ServerResponse, name: string): Promise<boolean> {
    const type = types[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream'
    const file = await openFile(join(this.#folder, name))
    if (file === null) return false
    let bytes: Buffer
    try {
      const found = await file.stat()
      if (!found.isFile() || found.size > maxFileSize) return false
      bytes = await file.readFile()
    } finally {
      await file.close()
    }
    const tag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
    const isHashed = name.startsWith(`${hashedFolder}/`)
    response.setHeader('Content-Type', type)
    response.setHeader('ETag', tag)
    response.setHeader('Cache-Control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache')
    if (this.#policy !== null) response.setHeader('Content-Security-Policy', this.#policy)
    if (request.headers['if-none-match'] === tag) {
      response.writeHead(304).end()
      return true
    }
    const accepts = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))
    if (compressible.test(type)) response.setHeader('Vary', 'Accept-Encoding')
    if (accepts && compressible.test(type)) {
      bytes = await this.#compress(name, tag, bytes)
      response.setHeader('Content-Encoding', 'gzip')
    }
    response.setHeader('Content-Length', bytes.length)
    response.writeHead(200).end(request.method === 'HEAD' ? undefined : bytes)
    return true
  }

  async #compress(name: string, tag: string, bytes: Buffer): Promise<Buffer> {
    const kept = this.#compressed.get(name)
    if (kept?.tag === tag) return kept.bytes
    const smaller = await compress(bytes, { level: 9 })
    if (this.#keptBytes + smaller.length > keptBytes) {
      this.#compressed.clear()
      this.#keptBytes = 0
    }
    this.#compressed.set(name, { tag, bytes: smaller })
    this.#keptBytes += smaller.length
    return smaller
  }
}

/** Names of folders and file, or null for a path that could lead out of the folder or to a hidden file. */
export function readSegments(path: string): string[] | null {
  const segments: string[] = []
  for (const encoded of path.split('/')) {
    if (encoded === '') continue
    let segment: string
    try {
      segment = decodeURIComponent(encoded)
    } catch {
      return null
    }
    if (segment.startsWith('.') || /[/\\\0:]/.test(segment)) return null
    segments.push(segment)
  }
  return segments
}

async function openFile(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r')
  } catch {
    // Not there, a folder in the way, a name that is too long: all the same to who asked.
    return null
  }
}

/** The app's own content security policy, which its build leaves beside it. */
function readPolicy(path: string): string | null {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return null
  }
  const { policy } = JSON.parse(text) as { policy?: unknown }
  if (typeof policy !== 'string' || /[\r\n]/.test(policy)) throw new Error(`${path} holds no policy`)
  return policy
}
