/** The libp2p address of a relay's origin, for its peers: `https://relay.example` is `/dns4/relay.example/tcp/443/tls/ws`. */
export function originToMultiaddr(origin: URL): string {
  const isSecure = origin.protocol === 'https:'
  const port = origin.port === '' ? (isSecure ? 443 : 80) : Number(origin.port)
  const host = origin.hostname
  const kind = host.startsWith('[') ? 'ip6' : /^\d+\.\d+\.\d+\.\d+$/.test(host) ? 'ip4' : 'dns'
  return `/${kind}/${host.replace(/^\[|\]$/g, '')}/tcp/${port}${isSecure ? '/tls' : ''}/ws`
}
