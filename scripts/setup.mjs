// Runs before `npm start`, `npm test` and the quick loops, on whatever Node the machine has (20 or newer), so
// it is plain JavaScript without dependencies. It installs what package-lock.json names, when that is not what
// lies in node_modules, and makes sure that the scripts after it run on a Node that can run TypeScript.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { delimiter, dirname, join, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const OLDEST_FOR_SETUP = 20
/** Type stripping without a flag and `node:sqlite` are both there from 24 on, and 24 is what is tested. */
const OLDEST_FOR_SCRIPTS = 24

const root = dirname(dirname(fileURLToPath(import.meta.url)))

function readJson(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null
}

function isForThisMachine(entry) {
  const listed = (list, value) => list === undefined || (Array.isArray(list) ? list : [list]).includes(value)
  // Which C library is in use cannot be asked cheaply, so npm is believed about packages that name one.
  return listed(entry.os, process.platform) && listed(entry.cpu, process.arch) && entry.libc === undefined
}

/**
 * Why `npm ci` is needed, or null. Compares contents and not times: a checkout changes the lockfile's time
 * without changing what it says.
 */
export function reasonToInstall(lock, installed) {
  if (installed === null) return 'nothing is installed yet'
  for (const [path, wanted] of Object.entries(lock.packages)) {
    if (path === '') continue
    const present = installed.packages[path]
    if (present === undefined) {
      // npm leaves out optional packages of other platforms, and what only those need.
      const isOfPlatform = wanted.os !== undefined || wanted.cpu !== undefined
      if (wanted.optional && !(isOfPlatform && isForThisMachine(wanted))) continue
      return `${path} is missing`
    }
    if (present.version !== wanted.version || present.integrity !== wanted.integrity)
      return `${path} has changed`
  }
  return null
}

/** npm must not run on the very Node that it is about to replace. */
function environmentWithoutInstalled() {
  const own = join('node_modules', '.bin')
  const path = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.split('/').join(sep).endsWith(own))
    .join(delimiter)
  return { ...process.env, PATH: path }
}

function install() {
  // No dependency of this project needs an install script, so none gets to run.
  // That tools want a newer Node is a warning that the script ends by itself, as it brings one.
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const result = spawnSync('npm', ['ci', ...options], {
    cwd: root,
    env: environmentWithoutInstalled(),
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  })
  if (result.error) throw new Error(`npm could not be started: ${result.error.message}`)
  if (result.status !== 0) throw new Error('npm ci failed; its own words are above')
}

function major(version) {
  return Number(version.replace(/^v/, '').split('.')[0])
}

function versionOf(node) {
  const result = spawnSync(node, ['--version'], { encoding: 'utf8' })
  return result.status === 0 ? result.stdout.trim() : null
}

/** The scripts find `node` by PATH, where npm puts node_modules/.bin first. */
function checkNodeOfScripts() {
  const pinned = join(root, 'node_modules', '.bin', 'node')
  if (existsSync(pinned)) {
    if (versionOf(pinned) !== null) return
    // For instance a system with another C library. Out of the way with it, or it hides the machine's own Node.
    console.log('setup: the Node that came with the packages does not run on this machine')
    rmSync(pinned)
  }
  const own = versionOf('node') ?? process.version
  if (major(own) >= OLDEST_FOR_SCRIPTS) return
  throw new Error(
    `there is no ready-made Node for ${process.platform} on ${process.arch} among the packages, and this machine has ` +
      `${own}. Please install Node ${OLDEST_FOR_SCRIPTS} (LTS) from https://nodejs.org and try again.`,
  )
}

function setUp() {
  if (major(process.version) < OLDEST_FOR_SETUP) {
    throw new Error(
      `this is Node ${process.version}; Clique needs Node ${OLDEST_FOR_SETUP} or newer to install, ` +
        `best Node ${OLDEST_FOR_SCRIPTS} (LTS) from https://nodejs.org`,
    )
  }
  const lock = readJson(join(root, 'package-lock.json'))
  if (lock === null) throw new Error('package-lock.json is missing; is this a whole checkout?')
  const reason = reasonToInstall(lock, readJson(join(root, 'node_modules', '.package-lock.json')))
  if (reason !== null) {
    console.log(`setup: ${reason}; running npm ci`)
    install()
  }
  checkNodeOfScripts()
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    setUp()
  } catch (error) {
    console.error(`setup: ${error.message}`)
    process.exit(1)
  }
}
