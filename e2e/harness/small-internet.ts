import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** How a router gives outer ports: the same one whoever is asked, or another one for each. */
export type Nat = 'ordinary' | 'symmetric'

const relayAddress = '203.0.113.10'
/** Outer addresses of all homes. */
const homesRange = '198.51.100.0/24'
const relayPort = 8787
/** Stays in the home, on its switch. */
const multicast = '224.0.0.0/4'
const innerRange = '192.168.1.0/24'
const innerRouter = '192.168.1.1'
const innerRelay = '192.168.1.20'

/**
 * An internet in small, of network namespaces: one public host for a relay, and homes whose routers translate
 * addresses. Nothing of it has a name on the machine, and each namespace lasts as long as the process that holds
 * it, whose end this process's end brings: so runs do not meet, and nothing is left of one that was killed.
 */
export class SmallInternet {
  /** Where everything meets; it forwards, and has a way to public addresses alone. */
  readonly #core: Machine
  readonly #machines: Machine[]
  #homes = 0
  #relay: Server | null = null

  private constructor(core: Machine) {
    this.#core = core
    this.#machines = [core]
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

  /** With the relay on a public host, or in a home whose router passes its port on to it. */
  static async open(relaysPlace: 'public' | 'home' = 'public'): Promise<SmallInternet> {
    const internet = new SmallInternet(await Machine.boot())
    try {
      internet.#core.forwards()
      if (relaysPlace === 'public') internet.#relay = await internet.#addPublicHost()
      else await internet.addHome('ordinary', 'with the relay')
      return internet
    } catch (error) {
      internet.close()
      throw error
    }
  }

  /** Where the relay is to run. */
  get relayServer(): Server {
    if (this.#relay === null) throw new Error('this internet has no place for a relay')
    return this.#relay
  }

  /** The home with the relay in it. */
  get relaysHome(): Home {
    if (this.#relay?.home === undefined) throw new Error('the relay is in no home')
    return this.#relay.home
  }

  async #addPublicHost(): Promise<Server> {
    const host = await Machine.boot()
    this.#machines.push(host)
    this.#core.joins(host, 'relay', '203.0.113.1', 'wan', relayAddress)
    host.run('ip', 'route', 'add', 'default', 'via', '203.0.113.1')
    return { entry: host.entry, address: relayAddress, publicAddress: relayAddress, port: relayPort }
  }

  /** All homes have the same inner addresses, as homes do. */
  async addHome(nat: Nat, equipment: 'plain' | 'with the relay' = 'plain'): Promise<Home> {
    const number = ++this.#homes
    const [router, inside] = [await Machine.boot(), await Machine.boot()]
    this.#machines.push(router, inside)
    const [outer, next] = [`198.51.100.${number * 4 + 2}`, `198.51.100.${number * 4 + 1}`]
    router.forwards()
    this.#core.joins(router, `home${number}`, next, 'wan', outer, 30)
    router.run('ip', 'route', 'add', 'default', 'via', next)
    router.bridges('lan', `${innerRouter}/24`)
    router.takesIn(inside, 'lan1', '192.168.1.10')
    router.run('nft', routerRules(nat))
    const home = new Home(router, inside, outer)
    if (equipment === 'with the relay') {
      const host = await Machine.boot()
      this.#machines.push(host)
      router.takesIn(host, 'lan2', innerRelay)
      router.run('nft', forwardingRules(outer))
      this.#relay = { entry: host.entry, address: innerRelay, publicAddress: outer, port: relayPort, home }
    }
    return home
  }

  close(): void {
    for (const machine of this.#machines) machine.end()
  }
}

/** A machine for the relay: what it listens on, and under which address the world reaches it. */
export interface Server {
  /** What goes before a command that is to run there. */
  readonly entry: readonly [string, ...string[]]
  readonly address: string
  readonly publicAddress: string
  readonly port: number
  readonly home?: Home
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
    this.#inside.run('ip', 'route', 'replace', 'default', 'via', innerRouter)
  }
}

interface StrangerElement {
  readonly elem: { readonly val: { readonly concat: readonly (string | number)[] } }
}

/**
 * Makes a network ready, says so, and reads until our end of the pipe is gone, however that comes. Addresses of IPv6 are
 * good at once: by themselves they are tried for two seconds, and a browser that starts meanwhile takes the end of it for
 * a change of networks, and gives up what it was fetching.
 */
const holdNetwork = `
for dad in /proc/sys/net/ipv6/conf/all/accept_dad /proc/sys/net/ipv6/conf/default/accept_dad; do
  if [ -w $dad ]; then echo 0 > $dad; fi
done
ip link set lo up && echo up && exec cat`

/** A network namespace, held by a process. */
class Machine {
  readonly #holder: ChildProcess
  readonly #pid: number

  private constructor(holder: ChildProcess, pid: number) {
    this.#holder = holder
    this.#pid = pid
  }

  static async boot(): Promise<Machine> {
    const holder = spawn('unshare', ['--net', 'sh', '-c', holdNetwork], {
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

  /** A switch, with an address of this machine's own on it. */
  bridges(name: string, address: string): void {
    this.run('ip', 'link', 'add', name, 'type', 'bridge')
    this.run('ip', 'address', 'add', address, 'dev', name)
    this.run('ip', 'link', 'set', name, 'up')
  }

  /** Another machine at the switch `lan`, which sends to this one whatever is for elsewhere. */
  takesIn(other: Machine, end: string, address: string): void {
    this.run('ip', 'link', 'add', end, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(other.#pid))
    this.run('ip', 'link', 'set', end, 'master', 'lan', 'up')
    other.run('ip', 'address', 'add', `${address}/24`, 'dev', 'eth0')
    other.run('ip', 'link', 'set', 'eth0', 'up')
    other.run('ip', 'route', 'add', 'default', 'via', innerRouter)
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
        iifname lan ip daddr != { ${relayAddress}, ${homesRange}, ${innerRange}, ${multicast} } update @strangers { ip daddr . meta l4proto . th dport } reject
        iifname lan accept
        ct state established,related accept
        ct status dnat accept
      }
      chain in {
        type filter hook input priority filter; policy drop
        iifname { lan, lo } accept
        ct state established,related accept
      }
    }`
}

/** The relay's port leads to it, from the home as well: what comes from there looks as if it came from the router. */
function forwardingRules(outer: string): string {
  return `
    table ip forwarding {
      chain there {
        type nat hook prerouting priority dstnat
        ip daddr ${outer} meta l4proto { tcp, udp } th dport ${relayPort} dnat to ${innerRelay}
      }
      chain back {
        type nat hook postrouting priority srcnat
        ip saddr ${innerRange} oifname lan masquerade
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
