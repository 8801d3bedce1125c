import { pluralIn } from './plural.ts'
import type { MembershipWords } from './words.ts'

const plural = pluralIn('es')

export const membership: MembershipWords = {
  person: {
    since: 'Aquí desde',
    invitedBy: 'La invitación es de',
    founder: 'Fundó este clique',
    role: 'Papel',
    roleHow: {
      owner: 'Fundó el clique y puede hacerlo todo en él.',
      admin: 'Deja entrar, expulsa, reparte papeles y se ocupa del repetidor.',
      moderator: 'Lee, escribe, invita y retira invitaciones de otros.',
      member: 'Lee, escribe e invita.',
      reader: 'Lo lee todo y no escribe.',
    },
    devices: 'Dispositivos',
    thisDevice: 'Este dispositivo',
    device: (position) => `Dispositivo ${position}`,
    deviceSince: (when) => `desde ${when}`,
    deviceOut: 'Retirado',
    deviceForked: 'Su clave está en dos sitios, así que ya nadie se fía de él',
    removeDevice: 'Retirar',
    goneLong: 'Ya no está',
    unknown: 'Esta persona no está en este clique',
    unknownHow: 'Puede que la dirección esté incompleta o que este dispositivo aún no sepa de ella.',
    allPeople: 'Toda la gente',
  },
  act: {
    title: 'Qué puedes hacer',
    changeRole: 'Cambiar el papel',
    changeMyRole: 'Cambiar mi papel',
    remove: (name) => `Expulsar a ${name}`,
    leave: 'Salir de este clique',
    confirm: (name) => `Dejar entrar a ${name}`,
    makeAdmin: (name) => `Nombrar admin a ${name}`,
    cancel: 'Cancelar',
  },
  role: {
    title: (name) => `Papel de ${name}`,
    mine: 'Tu papel',
    choose: 'Papel',
    submit: 'Dar este papel',
    working: 'Dando el papel…',
    lessHow: 'No podrás recuperar por tu cuenta un papel más alto. Te lo tendrá que dar otra persona.',
  },
  removal: {
    title: (name) => `¿Expulsar a ${name}?`,
    loses: (name) =>
      `El clique cambia de claves y ${name} no recibe las nuevas: lo que se escriba desde ahora no se abrirá en sus dispositivos.`,
    keeps: (name) =>
      `Lo que ya le había llegado a ${name} sigue en sus dispositivos. Nadie puede quitárselo.`,
    told: (name) => `Todos verán que has sido tú, también ${name}.`,
    back: 'Solo podrá volver con una invitación nueva.',
    submit: 'Expulsar',
    working: 'Expulsando…',
  },
  signing: {
    title: (name) => `Para expulsar a ${name} hacéis falta varios`,
    how: 'No puedes decidirlo a solas. Cada cual firma en esta página y quien firma al final lo lleva a cabo.',
    count: (signed, needed) =>
      plural(needed, { one: `Ha firmado ${signed} de #`, other: `Han firmado ${signed} de #` }),
    nobody: 'Todavía no ha firmado nadie.',
    who: (names) => `Con la firma de ${names}`,
    counts: 'Tu firma no cuenta aquí, porque esta persona no te conocía de antes.',
    sign: (name) => `Firmar para expulsar a ${name}`,
    signTitle: (name) => `¿Firmar para expulsar a ${name}?`,
    signHow: (name) =>
      `Para ${name} no cambia nada hasta que haya firmas suficientes. Todos podrán ver que has firmado y no se puede deshacer.`,
    submit: 'Firmar',
    working: 'Firmando…',
    mine: 'Ya has firmado. Pide a los demás que abran esta página.',
  },
  recovering: {
    title: (name) => `¿Nombrar admin a ${name}?`,
    how: 'Para cuando ya no queda nadie que administre. Si firma más de la mitad, esta persona se encarga del clique.',
    sign: (name) => `Firmar por ${name} como admin`,
    signHow: (name) =>
      `${name} podrá dejar entrar y expulsar en cuanto haya firmas suficientes. Todos podrán ver que has firmado y no se puede deshacer.`,
    counts: 'Tu firma no cuenta aquí.',
  },
  device: {
    title: '¿Retirar este dispositivo tuyo?',
    loses:
      'El clique cambia de claves y ese dispositivo no recibe las nuevas. Lo que le había llegado sigue en él y se puede leer.',
    others: 'Tus otros dispositivos y los demás seguís como antes.',
    hereTitle: '¿Retirar el dispositivo que tienes en la mano?',
    here: 'Podrás leer aquí lo que ha llegado hasta ahora y nada más reciente. Sigues con tus otros dispositivos.',
  },
  leaving: {
    title: '¿Salir de este clique?',
    how: 'Podrás leer aquí lo que ha llegado hasta ahora y nada más reciente. Los demás cambian de claves y ven que has salido.',
    lastAdmin:
      'Nadie más administra este clique. Sin ti no se podrá dejar entrar ni expulsar a nadie hasta que más de la mitad se ponga de acuerdo. Es mejor que antes le des ese papel a alguien.',
    lastMember: 'Ya no queda nadie más. Nadie podrá volver a leer ni escribir en este clique.',
    back: 'Solo podrás volver con una invitación nueva.',
    submit: 'Salir',
    working: 'Saliendo…',
  },
  confirming: {
    title: (name) => `${name} está esperando`,
    how: (name) =>
      `Quien invitó a ${name} había perdido el derecho a hacerlo, y eso se supo después. Hasta que lo mire alguien que administre, ${name} no recibe claves ni lee nada.`,
    waits: 'Quien administre puede dejarle entrar en esta página.',
    submitHow: 'Recibe las claves enseguida y puede leer lo mismo que los demás.',
    badge: 'A la espera de un admin',
  },
  former: {
    title: 'Ya no están',
    underWay: 'Aún no ha llegado a todas partes',
    stays: (name) => `Lo que ${name} escribió mientras estaba se queda, con este nombre.`,
  },
  receipt: {
    removed: (by, name) => `${by} ha expulsado a ${name}`,
    removedByMe: (name) => `Has expulsado a ${name}`,
    removedMe: (by) => `${by} te ha expulsado`,
    removedOnce: (name) => `${name} ya no está en el clique`,
    left: (name) => `${name} ha salido`,
    leftMe: 'Has salido',
    device: (name) => `Se ha retirado un dispositivo de ${name}`,
    deviceMine: 'Has retirado un dispositivo tuyo',
    alsoSigned: (names) => `También con la firma de ${names}`,
    heard: (when) => `Se sabe aquí desde ${when}`,
    keysTitle: 'Claves nuevas',
    noKeys:
      'Todavía no están hechas. Quien escriba a continuación las hace antes: con las viejas ya no sale nada.',
    everybody: (name) => `Las tienen todos los que están. ${name} no.`,
    onlyMe: (name) => `Las tienes tú. ${name} no.`,
    have: (names) => `Han llegado: ${names}.`,
    some: (name, confirmed, devices) => `En parte: ${name}, en ${confirmed} de ${devices} dispositivos.`,
    waiting: (names) => `Aún faltan: ${names}. Les llegan al volver.`,
    myOthers: 'tus otros dispositivos',
    relayTitle: 'En el repetidor',
    inForce: (host) => `En vigor: ${host} no deja pasar a quien solo tiene las claves viejas.`,
    notYetByMe: (host) =>
      `Aún no: ${host} no lo sabe todavía. Este dispositivo se lo dice en cuanto conteste.`,
    notYet: (host, name) =>
      `Aún no: nadie que administre se lo ha dicho a ${host}. Hasta entonces ${name} puede recoger allí mensajes sellados, pero no abrir los nuevos.`,
    unknown: (host) => `Aún no se le ha preguntado a ${host}.`,
    keepsTitle: (name) => `Qué conserva ${name}`,
    keeps:
      'Lo que ya había llegado a sus dispositivos: mensajes, fotos y nombres. Nada de lo escrito después.',
    thatDevice: 'Ese dispositivo',
    keepsDeviceTitle: 'Qué conserva ese dispositivo',
    keepsDevice: 'Lo que ya había llegado a ese dispositivo. Nada de lo escrito después.',
  },
  ended: {
    removed: (by, count) => `${by} te ${count === 1 ? 'ha' : 'han'} expulsado de este clique.`,
    removedBySomebody: 'Te han expulsado de este clique.',
    left: 'Has salido de este clique.',
    deviceRemoved: 'Otro dispositivo tuyo ha retirado este del clique.',
    forked: 'La clave de este dispositivo está en dos sitios, así que los demás ya no se fían de él.',
    quarantined: 'Los demás esperan a que un admin te deje entrar.',
    since: (when) => `Se sabe aquí desde ${when}.`,
    stays:
      'Lo que había llegado hasta entonces sigue en este dispositivo y puedes leerlo. Nada nuevo llega ni sale.',
    forkedHow:
      'Pasa cuando se copia un perfil o se recupera una copia antigua. Puedes leer todo lo que hay aquí. Para volver a escribir, entra con una invitación nueva.',
    quarantinedHow:
      'Quien te invitó había perdido el derecho a hacerlo. No se ha perdido nada de lo tuyo; en cuanto un admin te confirme, todo sigue solo.',
    readOnly: 'Puedes leer lo que hay aquí.',
    more: 'Qué significa esto',
    forget: 'Quitar este clique de este dispositivo',
    forgetTitle: (clique) => `¿Quitar ${clique} de este dispositivo?`,
    forgetWhat:
      'Se borran aquí todos los mensajes, fotos y claves de este clique, y nadie puede recuperarlos.',
    forgetHow: 'Para los demás no cambia nada y no se les avisa.',
    forgetSubmit: 'Borrar de este dispositivo',
    forgetWorking: 'Borrando…',
  },
}
