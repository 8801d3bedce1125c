import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** How a router gives outer ports: the same one whoever is asked, or another one for each. */
export type Nat = 'ordinary' | 'symmetric'

const relayAddress = '203.0.113.10'
/** Outer addresses of all homes. */
const homesRange = '198.51.100.0/24'

/**
 * An internet in small, of network namespaces: one public host for a relay, and homes whose routers translate
 * addresses. Nothing of it has a name on the machine, and each namespace lasts as long as the process that holds
 * it, whose end this process's end brings: so runs do not meet, and nothing is left of one that was killed.
 */
export class SmallInternet {
  /** Where everything meets; it forwards, and has a way to public addresses alone. */
  readonly #core: Machine
  readonly #machines: Machine[]
  /** The public host. */
  readonly relayHost: Machine
  #homes = 0

  private constructor(core: Machine, relayHost: Machine) {
    this.#core = core
    this.relayHost = relayHost
    this.#machines = [core, relayHost]
  }

  /** Why there can be none on this machine, or null. */
  static reasonAgainst(): string | null {
    if (process.platform !== 'linux') return 'network namespaces are Linux’s'
    if (process.getuid?.() !== 0) return 'network namespaces take root'
    for (const tool of ['ip', 'nft', 'unshare', 'nsenter']) {
      if (!works(tool, '--version') && !works(tool, '-V')) return `the command ${tool} is missing`
    }
    if (!works('unshare', '--net', 'ip', 'link', 'set', 'lo', 'up'))
      return 'the system gives no network namespace'
    if (!works('unshare', '--net', 'nft', routerRules('symmetric')))
      return 'the system’s nftables do not translate'
    return null
  }

  static async open(): Promise<SmallInternet> {
    const core = await Machine.boot()
    try {
      const relayHost = await Machine.boot()
      core.forwards()
      core.joins(relayHost, 'relay', '203.0.113.1', 'wan', relayAddress)
      relayHost.run('ip', 'route', 'add', 'default', 'via', '203.0.113.1')
      return new SmallInternet(core, relayHost)
    } catch (error) {
      core.end()
      throw error
    }
  }

  get relayAddress(): string {
    return relayAddress
  }

  /** All homes have the same inner addresses, as homes do. */
  async addHome(nat: Nat): Promise<Home> {
    const number = ++this.#homes
    const [router, inside] = [await Machine.boot(), await Machine.boot()]
    this.#machines.push(router, inside)
    const [outer, next] = [`198.51.100.${number * 4 + 2}`, `198.51.100.${number * 4 + 1}`]
    router.forwards()
    this.#core.joins(router, `home${number}`, next, 'wan', outer, 30)
    router.run('ip', 'route', 'add', 'default', 'via', next)
    router.joins(inside, 'lan', '192.168.1.1', 'eth0', '192.168.1.10')
    inside.run('ip', 'route', 'add', 'default', 'via', '192.168.1.1')
    router.run('nft', routerRules(nat))
    return new Home(router, inside, outer)
  }

  close(): void {
    for (const machine of this.#machines) machine.end()
  }
}

/** A router and what is behind it. */
export class Home {
  readonly #router: Machine
  readonly #inside: Machine
  /** The address under which the world sees it. */
  readonly outerAddress: string

  constructor(router: Machine, inside: Machine, outerAddress: string) {
    this.#router = router
    this.#inside = inside
    this.outerAddress = outerAddress
  }

  /** What goes before a command that is to run in it. */
  get entry(): readonly [string, ...string[]] {
    return this.#inside.entry
  }

  /** Whom anything in it has asked for, by whatever protocol, but for the relay and other homes. */
  get strangers(): ReadonlySet<string> {
    const listed = this.#router.run('nft', '--json', 'list', 'set', 'ip', 'home', 'strangers')
    const { nftables } = JSON.parse(listed) as { nftables: { set?: { elem?: StrangerElement[] } }[] }
    const elements = nftables.flatMap(({ set }) => set?.elem ?? [])
    return new Set(elements.map(({ elem }) => elem.val.concat.join(' ')))
  }

  unplug(): void {
    this.#inside.run('ip', 'link', 'set', 'eth0', 'down')
  }

  plugIn(): void {
    this.#inside.run('ip', 'link', 'set', 'eth0', 'up')
    this.#inside.run('ip', 'route', 'replace', 'default', 'via', '192.168.1.1')
  }
}

interface StrangerElement {
  readonly elem: { readonly val: { readonly concat: readonly (string | number)[] } }
}

/** A network namespace, held by a process. */
class Machine {
  readonly #holder: ChildProcess
  readonly #pid: number

  private constructor(holder: ChildProcess, pid: number) {
    this.#holder = holder
    this.#pid = pid
  }

  static async boot(): Promise<Machine> {
    // It reads until our end of the pipe is gone, however that comes.
    const holder = spawn('unshare', ['--net', 'sh', '-c', 'ip link set lo up && echo up && exec cat'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const ended = once(holder, 'exit').then(([code]) => {
      throw new Error(`a network namespace ended with ${code}`)
    })
    await Promise.race([once(holder.stdout, 'data'), ended])
    ended.catch(() => undefined)
    if (holder.pid === undefined) throw new Error('a network namespace has no process')
    return new Machine(holder, holder.pid)
  }

  get entry(): readonly [string, ...string[]] {
    return ['nsenter', `--net=/proc/${this.#pid}/ns/net`]
  }

  run(...command: string[]): string {
    const [enter, ...args] = [...this.entry, ...command]
    return execFileSync(enter, args, { encoding: 'utf8' })
  }

  forwards(): void {
    this.run('sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward')
  }

  /** A cable to another machine, with what its two ends are called and their addresses. */
  joins(
    other: Machine,
    end: string,
    address: string,
    otherEnd: string,
    otherAddress: string,
    bits = 24,
  ): void {
    this.run('ip', 'link', 'add', end, 'type', 'veth', 'peer', 'name', otherEnd, 'netns', String(other.#pid))
    for (const [machine, name, own] of [
      [this, end, address],
      [other, otherEnd, otherAddress],
    ] as const) {
      machine.run('ip', 'address', 'add', `${own}/${bits}`, 'dev', name)
      machine.run('ip', 'link', 'set', name, 'up')
    }
  }

  end(): void {
    this.#holder.stdin?.end()
  }
}

/**
 * What home routers do: inside goes out under the router's address, and in comes what answers. Linux keeps the
 * inner port where it is free, for every destination, which is what makes direct links possible; `fully-random`
 * takes another for each. What nobody asked for is dropped before it is noted as a connection of the router's own.
 */
function routerRules(nat: Nat): string {
  return `
    table ip home {
      set strangers {
        type ipv4_addr . inet_proto . inet_service
        size 64
        flags dynamic,timeout
        timeout 1h
      }
      chain out {
        type nat hook postrouting priority srcnat
        oifname wan masquerade ${nat === 'symmetric' ? 'fully-random' : ''}
      }
      chain through {
        type filter hook forward priority filter; policy drop
        iifname lan ip daddr != { ${relayAddress}, ${homesRange} } update @strangers { ip daddr . meta l4proto . th dport } reject
        iifname lan accept
        ct state established,related accept
      }
      chain in {
        type filter hook input priority filter; policy drop
        iifname { lan, lo } accept
        ct state established,related accept
      }
    }`
}

function works(command: string, ...args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
