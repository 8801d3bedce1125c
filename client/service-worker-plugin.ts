import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { VitePWA } from 'vite-plugin-pwa'

const built = new URL('./dist/', import.meta.url)

/** As much as the relay serves of one file; what is larger fails the build instead of being left out. */
const maxFileSize = 32 * 1024 * 1024

/**
 * Builds `src/deployment/service-worker.ts` to /service-worker.js and puts in the list of all files of the app, each
 * with the hash that the browser compares its content with. Registering is the app's own part.
 */
export function serviceWorker() {
  return VitePWA({
    strategies: 'injectManifest',
    srcDir: 'src/deployment',
    filename: 'service-worker.ts',
    injectRegister: false,
    manifest: false,
    injectManifest: {
      // `csp.json` is for the relay alone.
      globPatterns: ['**/*.{html,js,css,svg,png,webmanifest,wasm}'],
      maximumFileSizeToCacheInBytes: maxFileSize,
      rollupFormat: 'iife',
      manifestTransforms: [
        async (entries) => ({
          manifest: await Promise.all(
            entries.map(async ({ url, size }) => ({
              url: `/${url}`,
              revision: null,
              integrity: await integrityOf(url),
              size,
            })),
          ),
        }),
      ],
    },
  })
}

async function integrityOf(path: string): Promise<string> {
  const bytes = await readFile(fileURLToPath(new URL(path, built)))
  return `sha256-${createHash('sha256').update(bytes).digest('base64')}`
}
