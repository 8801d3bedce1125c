import { pluralIn } from './plural.ts'

const plural = pluralIn('en')

/** About one person, what one may do about them, and what it means when somebody is not in any more. */
export const membership = {
  person: {
    since: 'Here since',
    invitedBy: 'Invited by',
    founder: 'Founded this clique',
    roleHow: {
      owner: 'May do everything in the clique.',
      admin: 'Does what moderators do, removes people, gives roles and looks after the relay.',
      moderator: 'Reads, writes, invites, takes back invitations of others and hides messages.',
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
    lessHides: 'What you have hidden shows again, unless somebody else hides it.',
  },
  removal: {
    title: (name: string) => `Remove ${name}?`,
    loses: (name: string) =>
      `The clique gets new keys that ${name} does not have: nothing that is written under them opens on their devices.`,
    keeps: (name: string) =>
      `What had reached ${name} before stays on their devices. Nobody can take it back.`,
    told: (name: string) => `Everybody sees that you did it, ${name} too.`,
    links: (name: string) => `Invitation links that ${name} made or came by stop working.`,
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
    links: 'Invitation links that you made or came by stop working.',
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
    done: (when: string) => `Done on this device on ${when}`,
    ended: 'This is what this device heard of it while it was in. Nothing newer comes here.',
    unheard: 'Nothing was heard of it here.',
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
      'What had reached their devices before: messages, photos and names. Nothing that was written under the new keys.',
    thatDevice: 'That device',
    keepsDeviceTitle: 'What that device keeps',
    keepsDevice: 'What had reached that device before. Nothing that was written under the new keys.',
  },
  conversation: {
    new: 'New conversation',
    name: 'Name of the conversation',
    nameOfAll: 'Everybody in the clique sees this.',
    nameOfSome: 'Only those who are in it see this.',
    whom: 'Who is in it',
    everyone: 'Everybody in the clique',
    everyoneHint: 'Whoever joins later is in it, too.',
    some: 'Only some people',
    someHint: 'Nobody else can read it or see its name, admins and the relay included.',
    choose: 'Choose people',
    needName: 'Give the conversation a name.',
    needPeople: 'Choose at least one person.',
    submit: 'Begin',
    working: 'Making the conversation…',
    mayNot: 'You cannot begin a conversation here',
    mayNotHow: 'Whoever may only read in this clique begins none.',
    unknown: 'There is no such conversation here',
    unknownHow: 'Perhaps the address is incomplete, or you are not in it.',
    whoIsIn: 'Who is in this conversation',
    everyoneIn: 'Everybody in the clique is in this conversation, and whoever joins later.',
    onlyThese:
      'Only these people can read this conversation and see its name. Nobody else, admins and the relay included.',
    outBrief: 'You are not in this conversation any more.',
    out: 'You are not in this conversation any more. You can read what had come until then.',
    rename: 'Rename this conversation',
    renameSubmit: 'Save',
    renaming: 'Saving…',
    add: 'Add people',
    addReadsAll: 'They can read what was written before, too.',
    addReadsOn: 'They can read what is written from now on.',
    addSubmit: 'Add',
    adding: 'Adding…',
    remove: (name: string) => `Take ${name} out`,
    removeTitle: (name: string) => `Take ${name} out of this conversation?`,
    removeLoses: (name: string) =>
      `The conversation gets new keys that ${name} does not have: nothing that is written under them opens on their devices.`,
    removeKeeps: (name: string) => `What had reached ${name} before stays on their devices.`,
    removeStays: (name: string) => `${name} stays in the clique.`,
    removeSubmit: 'Take out',
    removing: 'Taking out…',
    leave: 'Leave this conversation',
    leaveTitle: 'Leave this conversation?',
    leaveHow: 'You read here what has come so far, and nothing newer. The others get new keys.',
    leaveBack: 'You stay in the clique. To come back, somebody in it has to add you.',
    forget: 'Take it off this device',
    forgetWhat: 'All its messages, photos and files are deleted here, also what you typed and did not send.',
    forgetBack: 'If somebody adds you again, what the others have comes back.',
  },
  moderation: {
    more: 'Message actions',
    hide: 'Hide for everybody',
    hiding: 'Hiding…',
    hideHow: 'In its place, everybody in this conversation sees that you hid it. You can show it again.',
    hideStays: (name: string) =>
      `Nothing is erased: it stays on all devices. ${name} and those who may hide messages can still look at it.`,
    hiddenBy: (name: string) => `Hidden by ${name}`,
    hiddenByMe: 'Hidden by you',
    look: 'Look at it',
    cover: 'Cover it again',
    show: 'Show to everybody',
    showing: 'Showing…',
    shownBy: (names: string) => `Only ${names} can show it again.`,
  },
  lines: {
    others: (first: string, more: number) =>
      `${first} and ${plural(more, { one: '# other', other: '# others' })}`,
    joined: (name: string) => `${name} joined`,
    joinedMe: 'You joined',
    joinedBy: (name: string, by: string) => `${name} joined (invited by ${by})`,
    joinedByMe: (name: string) => `${name} joined (invited by you)`,
    joinedMeBy: (by: string) => `You joined (invited by ${by})`,
    joinedMany: (names: string) => `${names} joined`,
    leftMany: (names: string) => `${names} left`,
    role: (by: string, name: string, role: string, count: number) =>
      `${by} made ${name} ${aRole(role, count)}`,
    roleByMe: (name: string, role: string, count: number) => `You made ${name} ${aRole(role, count)}`,
    roleMe: (by: string, role: string) => `${by} made you ${aRole(role)}`,
    roleNow: (name: string, role: string, count: number) =>
      `${name} ${count === 1 ? 'is' : 'are'} now ${aRole(role, count)}`,
    roleNowMe: (role: string) => `You are now ${aRole(role)}`,
    added: (by: string, name: string) => `${by} added ${name} to the conversation`,
    addedByMe: (name: string) => `You added ${name} to the conversation`,
    addedMe: (by: string) => `${by} added you to the conversation`,
    takenOut: (by: string, name: string) => `${by} took ${name} out of the conversation`,
    takenOutByMe: (name: string) => `You took ${name} out of the conversation`,
    takenOutMe: (by: string) => `${by} took you out of the conversation`,
    named: (by: string, title: string) => `${by} named the conversation “${title}”`,
    namedByMe: (title: string) => `You named the conversation “${title}”`,
    copied: (name: string, count: number) =>
      count === 1
        ? `A device of ${name} was found copied and is out`
        : `Devices of ${name} were found copied and are out`,
    copiedMine: 'A device of yours was found copied and is out',
  },
  invitations: {
    ended: 'Ended invitations',
    how: { used: 'Used up', revoked: 'Revoked', 'run-out': 'Run out', closed: 'Closed' },
    noMore: (how: string) => `${how}. The link does not work any more.`,
  },
  ended: {
    removed: (by: string, _count: number) => `${by} removed you from this clique.`,
    removedBySomebody: 'You were removed from this clique.',
    left: 'You left this clique.',
    deviceRemoved: 'Another device of yours put this one out of the clique.',
    deviceRemovedHere: 'You removed this device from the clique.',
    forked: 'The key of this device is in two places, so the others do not trust it any more.',
    quarantined: 'The others are waiting for an admin to let you in.',
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

/** An admin, a member; of several, admins. */
function aRole(role: string, count = 1): string {
  const name = `${role}`.toLowerCase()
  return count === 1 ? `${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name}` : `${name}s`
}
