import { readFileSync } from 'node:fs'
import type { Plugin } from 'vite'

const source = new URL('./csp.json', import.meta.url)

/** Directives that a browser ignores in a <meta> element and complains about. */
const headerOnly = ['frame-ancestors', 'sandbox', 'report-uri']

/**
 * Puts the content security policy of `csp.json` into the built page, ahead of everything that it governs, and
 * copies the file beside the page for the relay, which sends the same policy as a header. The development server
 * goes without: its live reload needs inline styles and eval-like tricks that the app itself must never need.
 */
export function contentSecurityPolicy(): Plugin {
  const json = readFileSync(source, 'utf8')
  const { policy } = JSON.parse(json) as { policy: string }
  return {
    name: 'clique-content-security-policy',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler: () => [
        {
          tag: 'meta',
          attrs: { 'http-equiv': 'Content-Security-Policy', content: metaPolicy(policy) },
          injectTo: 'head-prepend',
        },
      ],
    },
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: 'csp.json', source: json })
    },
  }
}

export function metaPolicy(policy: string): string {
  return policy
    .split(';')
    .map((directive) => directive.trim())
    .filter((directive) => directive !== '' && !headerOnly.some((name) => directive.startsWith(name)))
    .join('; ')
}
