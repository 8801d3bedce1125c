import { createHash } from 'node:crypto'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../../scripts/run.ts'

const built = join(root, 'client/dist')
const textual = /\.(html|js|css|webmanifest)$/

/** A folder with the built app, which a story may replace by its next version while a relay serves it. */
export class ServedApp {
  readonly folder = mkdtempSync(join(tmpdir(), 'clique-app-'))
  #version = 1

  constructor() {
    cpSync(built, this.folder, { recursive: true })
  }

  /** Paths of the parts that are named by their content, as they are served now. */
  get parts(): string[] {
    return readdirSync(join(this.folder, 'assets')).map((name) => `/assets/${name}`)
  }

  /** What the app says on its Home page. */
  get version(): string {
    return this.#version === 1 ? ownVersion() : `${this.#version}.0.0`
  }

  /**
   * As a new build does it: every part gets a new name, those before are gone, and the service worker lists what is
   * there now.
   */
  publishNext(): void {
    const before = this.version
    const names = new Map(
      readdirSync(join(this.folder, 'assets')).map((name) => [name, name.replace(/\.(?=\w+$)/, `-next.`)]),
    )
    this.#version += 1
    const texts = this.#files().filter((path) => textual.test(path))
    for (const path of texts) {
      let text = readFileSync(join(this.folder, path), 'utf8')
      for (const [name, next] of names) text = text.replaceAll(name, next)
      text = text.replaceAll(new RegExp(`(version\\s*=\\s*["'\`])${before}`, 'g'), `$1${this.version}`)
      writeFileSync(join(this.folder, path), text)
    }
    for (const [name, next] of names) {
      const path = join(this.folder, 'assets', name)
      cpSync(path, join(this.folder, 'assets', next))
      rmSync(path)
    }
    this.#listFiles()
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  #files(): string[] {
    return readdirSync(this.folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
      statSync(join(this.folder, path)).isFile(),
    )
  }

  #listFiles(): void {
    const path = join(this.folder, 'service-worker.js')
    const worker = readFileSync(path, 'utf8')
    const list = /\[\{[^\]]*"integrity"[^\]]*\]/.exec(worker)?.[0]
    if (list === undefined) throw new Error('the service worker lists no files')
    const listed = (JSON.parse(list) as { url: string }[]).map(({ url }) => ({
      url,
      integrity: `sha256-${createHash('sha256')
        .update(readFileSync(join(this.folder, url)))
        .digest('base64')}`,
    }))
    writeFileSync(
      path,
      worker.replace(list, () => JSON.stringify(listed)),
    )
  }
}

function ownVersion(): string {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  return version
}
