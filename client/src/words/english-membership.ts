import { pluralIn } from './plural.ts'

const plural = pluralIn('en')

/** About one person, what one may do about them, and what it means when somebody is not in any more. */
export const membership = {
  person: {
    since: 'Here since',
    invitedBy: 'Invited by',
    founder: 'Founded this clique',
    role: 'Role',
    roleHow: {
      owner: 'Founded the clique and may do everything in it.',
      admin: 'Lets people in, removes them, gives roles and looks after the relay.',
      moderator: 'Reads, writes, invites, and takes back invitations of others.',
      member: 'Reads, writes and invites.',
      reader: 'Reads everything and writes nothing.',
    },
    devices: 'Devices',
    thisDevice: 'This device',
    device: (position: number) => `Device ${position}`,
    deviceSince: (when: string) => `since ${when}`,
    deviceOut: 'Removed',
    deviceForked: 'Its key is in two places, so nobody trusts it any more',
    removeDevice: 'Remove',
    goneLong: 'No longer here',
    unknown: 'This person is not in this clique',
    unknownHow: 'Perhaps the address is incomplete, or this device has not heard of them yet.',
    allPeople: 'All people',
  },
  act: {
    title: 'What you can do',
    changeRole: 'Change role',
    changeMyRole: 'Change my role',
    remove: (name: string) => `Remove ${name}`,
    leave: 'Leave this clique',
    confirm: (name: string) => `Let ${name} in`,
    makeAdmin: (name: string) => `Make ${name} an admin`,
    cancel: 'Cancel',
  },
  role: {
    title: (name: string) => `Role of ${name}`,
    mine: 'Your role',
    choose: 'Role',
    submit: 'Give this role',
    working: 'Giving the role…',
    lessHow: 'You cannot take a higher role back by yourself. Somebody else has to give it to you.',
  },
  removal: {
    title: (name: string) => `Remove ${name}?`,
    loses: (name: string) =>
      `The clique gets new keys that ${name} does not have: nothing that is written from now on opens on their devices.`,
    keeps: (name: string) =>
      `What had reached ${name} before stays on their devices. Nobody can take it back.`,
    told: (name: string) => `Everybody sees that you did it, ${name} too.`,
    back: 'They can only come back by a new invitation.',
    submit: 'Remove',
    working: 'Removing…',
  },
  signing: {
    title: (name: string) => `Removing ${name} takes several of you`,
    how: 'You cannot decide this alone. Each of you signs on this page, and whoever signs last carries it out.',
    count: (signed: number, needed: number) =>
      plural(needed, { one: `${signed} of # has signed`, other: `${signed} of # have signed` }),
    nobody: 'Nobody has signed yet.',
    who: (names: string) => `Signed: ${names}`,
    counts: 'Your signature does not count here, as this person had not known you before.',
    sign: (name: string) => `Sign for removing ${name}`,
    signTitle: (name: string) => `Sign for removing ${name}?`,
    signHow: (name: string) =>
      `Nothing changes for ${name} until enough of you have signed. Everybody can see that you did, and it cannot be taken back.`,
    submit: 'Sign',
    working: 'Signing…',
    mine: 'You have signed. Ask the others to look at this page.',
  },
  recovering: {
    title: (name: string) => `Make ${name} an admin?`,
    how: 'For when no admin is there any more. More than half of you sign, and then this person looks after the clique.',
    sign: (name: string) => `Sign for ${name} as admin`,
    signHow: (name: string) =>
      `${name} can let people in and remove them once enough of you have signed. Everybody can see that you did, and it cannot be taken back.`,
    counts: 'Your signature does not count here.',
  },
  device: {
    title: 'Remove this device of yours?',
    loses:
      'The clique gets new keys that this device does not have. What had reached it before stays on it, to be read.',
    others: 'Your other devices and everybody else go on as before.',
    hereTitle: 'Remove the device that you hold?',
    here: 'You can read here what has come so far, and nothing newer. You go on with your other devices.',
  },
  leaving: {
    title: 'Leave this clique?',
    how: 'You read here what has come so far, and nothing newer. The others get new keys, and see that you left.',
    lastAdmin:
      'You are the only admin. Once you are gone, nobody can let people in or remove anybody until more than half of the others agree on a new one. Better give somebody that role first.',
    lastMember: 'You are the last one here. Nobody will be able to read or write in this clique any more.',
    back: 'You can only come back by a new invitation.',
    submit: 'Leave',
    working: 'Leaving…',
  },
  confirming: {
    title: (name: string) => `${name} is waiting`,
    how: (name: string) =>
      `Whoever invited ${name} had lost the right to do so, which showed only afterwards. Until an admin looks at it, ${name} gets no keys and reads nothing.`,
    waits: 'An admin can let them in on this page.',
    submitHow: 'They get the keys at once, and can read what every member can.',
    badge: 'Waiting for an admin',
  },
  former: {
    title: 'Former members',
    underWay: 'Not through everywhere yet',
    stays: (name: string) => `What ${name} wrote while here stays, under this name.`,
  },
  receipt: {
    removed: (by: string, name: string) => `${by} removed ${name}`,
    removedByMe: (name: string) => `You removed ${name}`,
    removedMe: (by: string) => `${by} removed you`,
    removedOnce: (name: string) => `${name} was removed`,
    left: (name: string) => `${name} left`,
    leftMe: 'You left',
    device: (name: string) => `A device of ${name} was removed`,
    deviceMine: 'You removed a device of yours',
    alsoSigned: (names: string) => `Also signed by ${names}`,
    heard: (when: string) => `Known here since ${when}`,
    keysTitle: 'New keys',
    noKeys:
      'They are not made yet. Whoever writes next makes them first: nothing new goes out under the old ones.',
    everybody: (name: string) => `Everybody who is here has them. ${name} does not.`,
    onlyMe: (name: string) => `You have them. ${name} does not.`,
    have: (names: string) => `Arrived: ${names}.`,
    some: (name: string, confirmed: number, devices: number) =>
      `In part: ${name}, on ${confirmed} of ${devices} devices.`,
    waiting: (names: string) => `Still to come: ${names}. They get them when they are back.`,
    myOthers: 'your other devices',
    relayTitle: 'At the relay',
    inForce: (host: string) => `In force: ${host} turns away whoever has only the old keys.`,
    notYetByMe: (host: string) =>
      `Not yet: ${host} has not heard of it. This device tells it as soon as it answers.`,
    notYet: (host: string, name: string) =>
      `Not yet: ${host} has not heard of it from an admin. Until then ${name} can still fetch sealed messages there, but not open what is new.`,
    unknown: (host: string) => `${host} has not been asked yet.`,
    keepsTitle: (name: string) => `What ${name} keeps`,
    keeps:
      'What had reached their devices before: messages, photos and names. Nothing that was written since.',
    thatDevice: 'That device',
    keepsDeviceTitle: 'What that device keeps',
    keepsDevice: 'What had reached that device before. Nothing that was written since.',
  },
  ended: {
    removed: (by: string, _count: number) => `${by} removed you from this clique.`,
    removedBySomebody: 'You were removed from this clique.',
    left: 'You left this clique.',
    deviceRemoved: 'Another device of yours put this one out of the clique.',
    forked: 'The key of this device is in two places, so the others do not trust it any more.',
    quarantined: 'The others are waiting for an admin to let you in.',
    since: (when: string) => `Known here since ${when}.`,
    stays:
      'All that had come until then stays on this device, and you can read it. Nothing new comes or goes.',
    forkedHow:
      'That happens when a profile is copied or brought back from an old copy. You can read all that is here. To write again, join by a new invitation.',
    quarantinedHow:
      'Whoever invited you had lost the right to do so. Nothing you did is lost; as soon as an admin confirms you, this goes on by itself.',
    readOnly: 'You can read what is here.',
    more: 'What this means',
    forget: 'Take this clique off this device',
    forgetTitle: (clique: string) => `Take ${clique} off this device?`,
    forgetWhat:
      'All messages, photos and keys of this clique are deleted here, and nobody can bring them back.',
    forgetHow: 'Nothing changes for the others, and they are not told.',
    forgetSubmit: 'Delete from this device',
    forgetWorking: 'Deleting…',
  },
}
