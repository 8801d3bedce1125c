import type { Failures } from './english-failures.ts'

export const failures: Failures = {
  linkMissing: 'Pega aquí primero el enlace.',
  linkBroken:
    'A este enlace le falta un trozo o tiene un error; quizá se cortó al enviarlo. Cópialo entero otra vez o pide uno nuevo.',
  linkNotInvitation:
    'Esto no es una invitación de Clique. Una invitación es un enlace largo que alguien de un clique ha hecho para ti.',
  inviteUsed:
    'Esta invitación ya la han usado todas las personas para las que era. Pide otra a quien te la envió.',
  inviteExpired: 'Esta invitación ha caducado. Pide otra a quien te la envió.',
  inviteRevoked: 'Han anulado esta invitación. Si te extraña, pregunta a quien te la envió.',
  cliqueFull:
    'En este clique no cabe tanta gente más. Invita a menos personas o anula invitaciones que sigan abiertas.',
  tooManySpaces:
    'No cabe otra conversación. Usa una de las que ya hay o pide a otra persona del clique que la cree.',
  wrongClique: 'La invitación dice un clique y abre otro. No la uses; pide otra a quien te la envió.',
  alreadyMember: 'Este dispositivo ya está en este clique. No hace falta nada más.',
  relayUnreachable:
    'El repetidor no contesta. Puede que esté apagado o que no tengas red. No se ha perdido nada; prueba dentro de un rato.',
  relayWrong:
    'Alguien contesta en la dirección del repetidor, pero no es el que este clique conoce. No se le ha enviado nada. Habla con quien lo lleva.',
  relayForked:
    'El repetidor contradice lo que firmó antes: perdió o cambió parte de su registro, como tras una copia antigua, o enseña cosas distintas a cada persona. Nadie ha podido leer ni cambiar lo que has escrito, pero quizá haya que enviar algo otra vez. Habla con quien lo lleva.',
  relayRefused:
    'El repetidor no lo ha aceptado. No se ha perdido nada. Prueba otra vez o habla con quien lo lleva.',
  relayFull:
    'Al repetidor no le queda sitio por ahora. Lo que has escrito está a salvo aquí y saldrá más tarde.',
  relayVersion:
    'El repetidor y esta aplicación son de versiones distintas y no se entienden. Recarga la aplicación; si no basta, hay que actualizar el repetidor.',
  permissionUsed: 'Este enlace ya se usó. Cada uno sirve una sola vez: pide otro a quien lleva el repetidor.',
  permissionBroken: 'Este enlace no lo ha hecho un repetidor o está incompleto. Cópialo entero otra vez.',
  storageFull:
    'En este dispositivo no queda sitio para Clique y el último paso no se ha guardado. Libera espacio y prueba otra vez; lo de antes está a salvo.',
  storageFailed:
    'Este navegador no deja que la página guarde datos, como pasa en algunas ventanas privadas. Usa una ventana normal u otro navegador.',
  storageNewer:
    'En otra ventana hay un Clique más nuevo. Cierra las otras ventanas de Clique y recarga esta.',
  namesUsedUp:
    'Ya has cambiado el nombre de la conversación todas las veces que puede una persona. Otra persona aún puede cambiarlo.',
  messageTooLong: 'Este mensaje es demasiado largo. Sigue aquí: acórtalo o envíalo por partes.',
  textEmpty: 'Todavía no hay nada que enviar.',
  nameInvalid: 'Los nombres tienen entre 1 y 64 caracteres.',
  notAllowed: 'Tu papel en este clique no lo permite. No ha cambiado nada.',
  membershipEnded:
    'Este dispositivo ya no está en el clique, así que no se puede enviar ni cambiar nada. Todo lo que hay aquí se puede seguir leyendo.',
  changedMeanwhile: 'Mientras tanto alguien ha cambiado esto. No se ha hecho nada; míralo de nuevo.',
  noKey:
    'Este dispositivo aún espera la clave actual del clique. Prueba cuando se haya conectado alguien más.',
  phraseWordCount: 'Un kit de recuperación tiene 24 palabras. Cuéntalas otra vez.',
  phraseWordUnknown: 'Una de estas palabras no está en la lista. Busca un despiste al escribir.',
  phraseChecksum: 'Estas palabras no encajan en este orden. Compáralas con tu papel.',
  tooLarge:
    'Es más grande de lo que un clique puede enviar. No se ha perdido nada; hazlo más pequeño y prueba otra vez.',
  clockOff: 'El reloj de este dispositivo va mal. Ponlo en hora y prueba otra vez.',
  damaged:
    'Algo de lo que llegó o estaba guardado está dañado o es falso, y se ha dejado fuera. Lo demás está a salvo.',
  vaultClosed:
    'Este navegador no puede abrir lo que guarda, porque su clave ya no está. Con una invitación nueva vuelves a entrar desde otro navegador.',
  versionUnknown: 'Esto lo hizo un Clique más nuevo. Recarga la aplicación para tener la versión nueva.',
  inviteNotThere:
    'El repetidor ya no tiene esta invitación. Puede que la hayan anulado o que haya caducado. Pide otra a quien te la envió.',
  inviteDamaged:
    'Lo que el repetidor guarda para este enlace no encaja con él. Pide otro a quien te lo envió.',
  inviteUntrue:
    'Lo que cuenta esta invitación no es lo que vale en el clique. Pide otra a alguien de dentro de quien te fíes.',
  notRelay:
    'Lo que contesta en esta dirección no es un repetidor que Clique entienda. Comprueba la dirección o habla con quien lo lleva.',
  relayBusy:
    'Al repetidor le están pidiendo demasiado a la vez. No se ha perdido nada; la aplicación lo intenta otra vez sola.',
  permissionUnknown: 'El repetidor no conoce este enlace. Cópialo entero otra vez o pide uno nuevo.',
  peerUnreachable: 'El otro dispositivo no contesta. Lo recibirá todo cuando vuelva.',
  cliqueUnknown: 'Este clique no está en este dispositivo. Abre una invitación para verlo aquí.',
  ownBehind:
    'Lo que escribiste aquí antes de borrarlo aún no ha vuelto de los demás. Podrás escribir cuando vuelva.',
  ownCopy:
    'Lo que guarda este navegador viene de una copia antigua: puede leer aquí, pero ya no escribir. Pide otra invitación y entra de nuevo.',
  fileEmpty: 'Este archivo está vacío: no hay nada que enviar.',
  fileTooLarge:
    'Este archivo pasa de unos 260 MB, más de lo que pasa un clique. Redúcelo o envíalo en partes.',
  fileUnreadable:
    'No se pudo leer este archivo hasta el final. Quizá cambió de sitio o de contenido. Elígelo otra vez.',
  fileNotHere:
    'A este dispositivo aún le faltan partes del archivo. Llegarán cuando se conecte alguien que las tenga.',
  filesTooMany: 'Un mensaje lleva hasta 20 archivos. Los demás se quedaron fuera: envíalos en otro mensaje.',
  pictureTooLarge:
    'Esta imagen tiene más píxeles de los que este dispositivo puede reducir. Puedes enviarla tal cual, como archivo.',
  pictureDamaged:
    'Esta imagen está dañada o incompleta y no se abre. Puedes enviarla tal cual, como archivo.',
  internal:
    'Algo ha fallado en la aplicación. No se ha perdido nada de lo guardado. Recarga la página y prueba otra vez.',
}
