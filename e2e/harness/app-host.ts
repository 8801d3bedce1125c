import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import type { Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadWebRtcCertificate } from '../../relay/src/network/webrtc-certificate.ts'
import { StaticFiles } from '../../relay/src/http/static-files.ts'
import { root } from '../../scripts/run.ts'

/** The built app on a host of its own that has a certificate, as anybody may put it somewhere, and no relay. */
export class AppHost {
  readonly #folder = mkdtempSync(join(tmpdir(), 'clique-app-host-'))
  readonly #server: Server

  private constructor() {
    const files = new StaticFiles(join(root, 'client/dist'))
    const { privateKey, pem } = loadWebRtcCertificate(this.#folder)
    this.#server = createServer({ key: privateKey, cert: pem }, (request, response) => {
      const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
      void files.serve(request, response, path).then((isServed) => {
        if (!isServed) response.writeHead(404).end()
      })
    })
  }

  static async open(): Promise<AppHost> {
    const host = new AppHost()
    await new Promise<void>((resolve) => host.#server.listen(0, '127.0.0.1', resolve))
    return host
  }

  get url(): string {
    return `https://${this.host}`
  }

  get host(): string {
    return `localhost:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
