import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto'
import { join } from 'node:path'
import { readWhole, writeWhole } from '../data-folder.ts'

/**
 * The DTLS certificate of a relay, by whose hash devices know it in the first packets of a WebRTC connection. It is no
 * proof of who the relay is: that is its PeerId, in the handshake that follows.
 */
export interface WebRtcCertificate {
  /** PKCS #8 of a P-256 key. */
  readonly privateKey: string
  readonly pem: string
  /** SHA-256 of the certificate, 32 bytes. */
  readonly hash: Uint8Array
}

const fileName = 'webrtc.pem'

/** The certificate of this data folder, made once. @throws Error for a file that holds none */
export function loadWebRtcCertificate(folder: string): WebRtcCertificate {
  const path = join(folder, fileName)
  const found = readWhole(path)
  if (found !== null) return readCertificate(found.toString(), path)
  const made = makeCertificate()
  writeWhole(path, Buffer.from(made))
  return readCertificate(made, path)
}

function readCertificate(text: string, path: string): WebRtcCertificate {
  const [privateKey, pem] = ['PRIVATE KEY', 'CERTIFICATE'].map(
    (kind) => new RegExp(`-----BEGIN ${kind}-----[^-]+-----END ${kind}-----`).exec(text)?.[0],
  )
  if (privateKey === undefined || pem === undefined) throw new Error(`${path} holds no key and certificate`)
  const certificate = new X509Certificate(pem)
  if (!certificate.checkPrivateKey(createPrivateKey(privateKey))) {
    throw new Error(`${path} holds a key and a certificate that do not belong together`)
  }
  return { privateKey, pem, hash: new Uint8Array(createHash('sha256').update(certificate.raw).digest()) }
}

/** A key and a certificate that it signs for itself (RFC 5280), as PEM. It never ends: its hash is in people's links. */
function makeCertificate(): string {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const ecdsaWithSha256 = der(0x30, der(0x06, Buffer.from('2a8648ce3d040302', 'hex')))
  const commonName = Buffer.from('550403', 'hex')
  const name = der(0x30, der(0x31, der(0x30, der(0x06, commonName), der(0x0c, Buffer.from('clique')))))
  const from = der(0x17, Buffer.from('200101000000Z'))
  // The date that means none, by section 4.1.2.5.
  const until = der(0x18, Buffer.from('99991231235959Z'))
  // Positive, and never with a zero byte that DER would not have.
  const serial = Buffer.concat([Buffer.of(0x40), randomBytes(15)])
  const body = der(
    0x30,
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, serial),
    ecdsaWithSha256,
    name,
    der(0x30, from, until),
    name,
    publicKey.export({ format: 'der', type: 'spki' }),
  )
  const signature = sign('sha256', body, privateKey)
  const whole = der(0x30, body, ecdsaWithSha256, der(0x03, Buffer.of(0), signature))
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? []
  const pem = ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
  return privateKey.export({ format: 'pem', type: 'pkcs8' }).toString() + pem
}

/** One value of DER: tag, length, content. */
function der(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.concat(content)
  const size = bytes.length
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff]
  return Buffer.concat([Buffer.of(tag, ...length), bytes])
}
