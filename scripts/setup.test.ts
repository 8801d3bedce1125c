import { expect, test } from 'vitest'
import { reasonToInstall } from './setup.mjs'

const lock = {
  packages: {
    '': { version: '0.1.0' },
    crypto: { version: '0.1.0' },
    'node_modules/yjs': { version: '13.6.33', integrity: 'sha512-a' },
    'node_modules/other-platform': { version: '1.0.0', optional: true, os: ['amiga'], cpu: ['m68k'] },
    'node_modules/only-needed-there': { version: '1.0.0', optional: true },
    'node_modules/other-libc': { version: '1.0.0', optional: true, os: [process.platform], libc: ['musl'] },
  },
}

const installed = {
  packages: {
    crypto: { version: '0.1.0' },
    'node_modules/yjs': { version: '13.6.33', integrity: 'sha512-a' },
  },
}

test('what the lockfile names and the machine can use is there: nothing to do', () => {
  expect(reasonToInstall(lock, installed)).toBe(null)
})

test('a fresh clone installs', () => {
  expect(reasonToInstall(lock, null)).toContain('nothing is installed')
})

test.each([
  ['another version', { version: '13.6.32', integrity: 'sha512-a' }],
  ['another content under the same version', { version: '13.6.33', integrity: 'sha512-b' }],
])('%s installs', (_, yjs) => {
  expect(reasonToInstall(lock, { packages: { ...installed.packages, 'node_modules/yjs': yjs } })).toContain(
    'has changed',
  )
})

test('a package that was added installs', () => {
  const more = {
    packages: { ...lock.packages, 'node_modules/new': { version: '1.0.0', integrity: 'sha512-n' } },
  }
  expect(reasonToInstall(more, installed)).toBe('node_modules/new is missing')
})

test('an optional package for this very platform installs', () => {
  const wanted = { version: '1.0.0', optional: true, os: [process.platform], cpu: [process.arch] }
  const more = { packages: { ...lock.packages, 'node_modules/binding': wanted } }
  expect(reasonToInstall(more, installed)).toBe('node_modules/binding is missing')
})
