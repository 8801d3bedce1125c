/**
 * The one place that makes addresses of scripts: workers and the service worker. Under the content security policy a
 * browser that knows Trusted Types takes no other, and allows a policy of this name once in a page.
 */
const policy = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes?.createPolicy('clique-url', {
  createScriptURL(address) {
    if (new URL(address, location.href).origin !== location.origin)
      throw new TypeError('a script of elsewhere')
    return address
  },
})

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(address: string): string },
  ): { createScriptURL(address: string): unknown }
}

/** @throws TypeError for an address of another origin */
export function scriptUrl(address: string): string {
  // What comes back is a TrustedScriptURL where there are such, which the DOM's own types do not know.
  return (policy?.createScriptURL(address) as string | undefined) ?? address
}
