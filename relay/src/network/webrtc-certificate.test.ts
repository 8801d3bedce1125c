import { createHash, createPublicKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { loadWebRtcCertificate } from './webrtc-certificate.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'clique-certificate-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

it('[WR1] a certificate is made once, is one that others can read, and its file is its owner’s alone', () => {
  const made = loadWebRtcCertificate(folder)
  expect(readdirSync(folder)).toEqual(['webrtc.pem'])
  expect(statSync(join(folder, 'webrtc.pem')).mode & 0o777).toBe(0o600)
  const certificate = new X509Certificate(made.pem)
  expect(certificate.verify(createPublicKey(made.privateKey))).toBe(true)
  expect(certificate.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' })
  expect(certificate.validTo).toContain('9999')
  expect(certificate.subject).toBe('CN=clique')
  expect(made.hash).toEqual(new Uint8Array(createHash('sha256').update(certificate.raw).digest()))
  expect(loadWebRtcCertificate(folder)).toEqual(made)
})

it('[WR1] a file that holds no certificate, or another key’s, is an error and is left as it is', () => {
  const path = join(folder, 'webrtc.pem')
  writeFileSync(path, 'nothing')
  expect(() => loadWebRtcCertificate(folder)).toThrow(`${path} holds no key`)
  const other = mkdtempSync(join(tmpdir(), 'clique-certificate-'))
  const [one, two] = [
    loadWebRtcCertificate(other),
    (rmSync(join(other, 'webrtc.pem')), loadWebRtcCertificate(other)),
  ]
  writeFileSync(path, `${one.privateKey}\n${two.pem}\n`)
  expect(() => loadWebRtcCertificate(folder)).toThrow('do not belong together')
  rmSync(other, { recursive: true })
})
