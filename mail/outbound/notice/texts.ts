import type { Language } from '../letter.ts'

/** Which news a notification brings (RFC 3464 §2.3.3). */
export type News = 'failed' | 'delayed' | 'delivered' | 'relayed'

/** What happened and what to do about it. */
export type Cause =
  | 'noAddress'
  | 'noDomain'
  | 'takesNoMail'
  | 'mailboxFull'
  | 'mailboxClosed'
  | 'tooLarge'
  | 'refused'
  | 'loop'
  | 'needsUtf8'
  | 'needsEightBit'
  | 'noAnswer'
  | 'notNow'
  | 'notProven'
  | 'requiresTls'
  | 'suspended'
  | 'ourSide'
  | 'other'

export interface Texts {
  /** What stands after `To` of a subject; `{subject}` is the letter's. */
  subject: Record<News, string>
  subjectWithout: Record<News, string>
  /** The first paragraph. `{letter}` is `letterWith` or `letterWithout`. */
  opening: Record<News, string>
  letterWith: string
  letterWithout: string
  cause: Record<Cause, string>
  /** `{host}` and `{reply}` in the other server's words. */
  quoted: string
  /** The last paragraph; `{until}` is a time. */
  closing: Record<News, string>
  signature: string
}

export const TEXTS: Record<Language, Texts> = {
  de: {
    subject: {
      failed: 'Nicht zugestellt: {subject}',
      delayed: 'Noch unterwegs: {subject}',
      delivered: 'Zugestellt: {subject}',
      relayed: 'Weitergegeben: {subject}',
    },
    subjectWithout: {
      failed: 'Ihr Brief wurde nicht zugestellt',
      delayed: 'Ihr Brief ist noch unterwegs',
      delivered: 'Ihr Brief wurde zugestellt',
      relayed: 'Ihr Brief wurde weitergegeben',
    },
    opening: {
      failed: '{letter} konnte nicht zugestellt werden:',
      delayed: '{letter} ist noch nicht angekommen. Sie brauchen nichts zu tun, wir versuchen es weiter:',
      delivered: '{letter} liegt im Postfach:',
      relayed: '{letter} wurde einem Server übergeben, der nicht meldet, wie es weitergeht:',
    },
    letterWith: 'Ihr Brief „{subject}“ vom {date}',
    letterWithout: 'Ihr Brief vom {date}',
    cause: {
      noAddress: 'Diese Adresse gibt es dort nicht. Prüfen Sie, ob sie richtig geschrieben ist.',
      noDomain: 'Diese Domain gibt es nicht. Prüfen Sie, was hinter dem @ steht.',
      takesNoMail: 'Diese Domain nimmt keine Post an. Fragen Sie auf anderem Weg nach einer Adresse.',
      mailboxFull: 'Das Postfach ist voll. Versuchen Sie es später noch einmal.',
      mailboxClosed: 'Das Postfach nimmt keine Post an. Fragen Sie auf anderem Weg nach einer anderen Adresse.',
      tooLarge: 'Der Brief ist größer, als man dort annimmt. Senden Sie weniger oder kleinere Anhänge.',
      refused: 'Der Brief wurde dort abgelehnt. Der Grund steht in der Antwort, falls der Server einen nennt.',
      loop: 'Der Weg dorthin führt im Kreis. Das kann nur beheben, wer die Domain verwaltet.',
      needsUtf8: 'Der Server dort kann mit Umlauten und anderen Schriftzeichen in Adressen nicht umgehen.',
      needsEightBit: 'Der Server dort kann mit den Zeichen dieses Briefes nicht umgehen.',
      noAnswer: 'Der Server dort war nicht zu erreichen.',
      notNow: 'Der Server dort konnte den Brief bisher nicht annehmen.',
      notProven:
        'Der Server dort konnte nicht beweisen, dass er der richtige ist: Sein Zertifikat passt nicht zu dem, was seine Domain vorschreibt. Damit niemand mitliest, haben wir ihm den Brief nicht gegeben. Beheben kann das nur, wer die Domain verwaltet.',
      requiresTls:
        'Sie wollten, dass dieser Brief nur verschlüsselt und nur zu Servern reist, die sich ausweisen. Auf dem Weg dorthin sagt das kein Server zu. Senden Sie ihn ohne diese Bedingung, oder nehmen Sie einen anderen Weg.',
      suspended: 'Ihr Konto darf zurzeit nicht senden. Wenden Sie sich an den Betreiber.',
      ourSide: 'Der Fehler liegt bei uns. Wenden Sie sich an den Betreiber.',
      other: 'Der Server dort hat den Brief nicht angenommen.',
    },
    quoted: 'Antwort von {host}: „{reply}“',
    closing: {
      failed: 'Wir versuchen es nicht weiter. Der Brief, oder sein Kopf, liegt dieser Nachricht bei.',
      delayed: 'Wir versuchen es bis {until}. Gelingt es nicht, so melden wir uns noch einmal.',
      delivered: 'Diese Nachricht kommt, weil Sie um eine Bestätigung gebeten haben.',
      relayed: 'Diese Nachricht kommt, weil Sie um eine Bestätigung gebeten haben.',
    },
    signature: 'Diese Nachricht hat der Mailserver {hostname} geschrieben.',
  },
  fr: {
    subject: {
      failed: 'Non remis : {subject}',
      delayed: 'Encore en route : {subject}',
      delivered: 'Remis : {subject}',
      relayed: 'Transmis : {subject}',
    },
    subjectWithout: {
      failed: 'Votre lettre n’a pas été remise',
      delayed: 'Votre lettre est encore en route',
      delivered: 'Votre lettre a été remise',
      relayed: 'Votre lettre a été transmise',
    },
    opening: {
      failed: '{letter} n’a pas pu être remise :',
      delayed: '{letter} n’est pas encore arrivée. Vous n’avez rien à faire, nous continuons d’essayer :',
      delivered: '{letter} se trouve dans la boîte :',
      relayed: '{letter} a été transmise à un serveur qui ne dit pas ce qu’elle devient :',
    },
    letterWith: 'Votre lettre « {subject} » du {date}',
    letterWithout: 'Votre lettre du {date}',
    cause: {
      noAddress: 'Cette adresse n’existe pas. Vérifiez qu’elle est bien écrite.',
      noDomain: 'Ce domaine n’existe pas. Vérifiez ce qui suit le @.',
      takesNoMail: 'Ce domaine ne reçoit pas de courrier. Demandez une adresse par un autre moyen.',
      mailboxFull: 'La boîte est pleine. Essayez plus tard.',
      mailboxClosed: 'La boîte ne reçoit pas de courrier. Demandez une autre adresse par un autre moyen.',
      tooLarge: 'La lettre dépasse la taille admise là-bas. Envoyez moins de pièces jointes, ou de plus petites.',
      refused: 'La lettre a été refusée là-bas. La raison figure dans la réponse, si le serveur en donne une.',
      loop: 'Le chemin tourne en rond. Seul l’administrateur du domaine peut y remédier.',
      needsUtf8: 'Le serveur là-bas n’admet pas les accents et autres caractères dans les adresses.',
      needsEightBit: 'Le serveur là-bas n’admet pas les caractères de cette lettre.',
      noAnswer: 'Le serveur là-bas n’a pas pu être joint.',
      notNow: 'Le serveur là-bas n’a pas encore pu prendre la lettre.',
      notProven:
        'Le serveur là-bas n’a pas pu prouver qu’il est le bon : son certificat ne correspond pas à ce que son domaine exige. Pour que personne ne lise la lettre en chemin, nous ne la lui avons pas donnée. Seul le responsable du domaine peut y remédier.',
      requiresTls:
        'Vous avez demandé que cette lettre ne voyage que chiffrée et par des serveurs qui prouvent leur identité. Aucun serveur sur le chemin ne s’y engage. Envoyez-la sans cette condition, ou prenez un autre chemin.',
      suspended: 'Votre compte ne peut pas envoyer pour le moment. Adressez-vous à l’exploitant.',
      ourSide: 'L’erreur est de notre côté. Adressez-vous à l’exploitant.',
      other: 'Le serveur là-bas n’a pas pris la lettre.',
    },
    quoted: 'Réponse de {host} : « {reply} »',
    closing: {
      failed: 'Nous n’essayons plus. La lettre, ou son en-tête, est jointe à ce message.',
      delayed: 'Nous essayons jusqu’au {until}. En cas d’échec, nous vous le dirons.',
      delivered: 'Vous recevez ce message parce que vous avez demandé une confirmation.',
      relayed: 'Vous recevez ce message parce que vous avez demandé une confirmation.',
    },
    signature: 'Ce message a été écrit par le serveur de courrier {hostname}.',
  },
  nl: {
    subject: {
      failed: 'Niet bezorgd: {subject}',
      delayed: 'Nog onderweg: {subject}',
      delivered: 'Bezorgd: {subject}',
      relayed: 'Doorgegeven: {subject}',
    },
    subjectWithout: {
      failed: 'Uw brief is niet bezorgd',
      delayed: 'Uw brief is nog onderweg',
      delivered: 'Uw brief is bezorgd',
      relayed: 'Uw brief is doorgegeven',
    },
    opening: {
      failed: '{letter} kon niet worden bezorgd:',
      delayed: '{letter} is nog niet aangekomen. U hoeft niets te doen, we blijven het proberen:',
      delivered: '{letter} ligt in de postbus:',
      relayed: '{letter} is doorgegeven aan een server die niet meldt hoe het verder gaat:',
    },
    letterWith: 'Uw brief „{subject}” van {date}',
    letterWithout: 'Uw brief van {date}',
    cause: {
      noAddress: 'Dit adres bestaat daar niet. Kijk na of het juist geschreven is.',
      noDomain: 'Dit domein bestaat niet. Kijk na wat achter de @ staat.',
      takesNoMail: 'Dit domein neemt geen post aan. Vraag langs een andere weg om een adres.',
      mailboxFull: 'De postbus is vol. Probeer het later nog eens.',
      mailboxClosed: 'De postbus neemt geen post aan. Vraag langs een andere weg om een ander adres.',
      tooLarge: 'De brief is groter dan men daar aanneemt. Stuur minder of kleinere bijlagen.',
      refused: 'De brief is daar geweigerd. De reden staat in het antwoord, als de server er een geeft.',
      loop: 'De weg erheen loopt in een kring. Alleen de beheerder van het domein kan dat verhelpen.',
      needsUtf8: 'De server daar kan niet omgaan met accenten en andere tekens in adressen.',
      needsEightBit: 'De server daar kan niet omgaan met de tekens van deze brief.',
      noAnswer: 'De server daar was niet te bereiken.',
      notNow: 'De server daar kon de brief nog niet aannemen.',
      notProven:
        'De server daar kon niet bewijzen dat hij de juiste is: zijn certificaat past niet bij wat zijn domein voorschrijft. Opdat niemand meeleest, hebben we hem de brief niet gegeven. Alleen wie het domein beheert, kan dat verhelpen.',
      requiresTls:
        'U wilde dat deze brief alleen versleuteld reist, en alleen langs servers die bewijzen wie ze zijn. Op de weg daarheen zegt geen server dat toe. Verzend hem zonder deze voorwaarde, of kies een andere weg.',
      suspended: 'Uw account mag op dit moment niet verzenden. Neem contact op met de beheerder.',
      ourSide: 'De fout ligt bij ons. Neem contact op met de beheerder.',
      other: 'De server daar heeft de brief niet aangenomen.',
    },
    quoted: 'Antwoord van {host}: „{reply}”',
    closing: {
      failed: 'We proberen het niet verder. De brief, of de kop ervan, zit bij dit bericht.',
      delayed: 'We proberen het tot {until}. Lukt het niet, dan hoort u het van ons.',
      delivered: 'U krijgt dit bericht omdat u om een bevestiging hebt gevraagd.',
      relayed: 'U krijgt dit bericht omdat u om een bevestiging hebt gevraagd.',
    },
    signature: 'Dit bericht is geschreven door de mailserver {hostname}.',
  },
  en: {
    subject: {
      failed: 'Not delivered: {subject}',
      delayed: 'Still on its way: {subject}',
      delivered: 'Delivered: {subject}',
      relayed: 'Passed on: {subject}',
    },
    subjectWithout: {
      failed: 'Your letter was not delivered',
      delayed: 'Your letter is still on its way',
      delivered: 'Your letter was delivered',
      relayed: 'Your letter was passed on',
    },
    opening: {
      failed: '{letter} could not be delivered:',
      delayed: '{letter} has not arrived yet. You need not do anything, we go on trying:',
      delivered: '{letter} is in the mailbox:',
      relayed: '{letter} was passed to a server that does not tell how it goes on:',
    },
    letterWith: 'Your letter “{subject}” of {date}',
    letterWithout: 'Your letter of {date}',
    cause: {
      noAddress: 'There is no such address. Check that it is written correctly.',
      noDomain: 'There is no such domain. Check what stands after the @.',
      takesNoMail: 'This domain takes no mail. Ask for an address in some other way.',
      mailboxFull: 'The mailbox is full. Try again later.',
      mailboxClosed: 'The mailbox takes no mail. Ask for another address in some other way.',
      tooLarge: 'The letter is larger than is taken there. Send fewer or smaller attachments.',
      refused: 'The letter was refused there. The reason stands in the answer, if the server gives one.',
      loop: 'The way there goes round in circles. Only whoever runs the domain can mend that.',
      needsUtf8: 'The server there cannot handle accents and other scripts in addresses.',
      needsEightBit: 'The server there cannot handle the characters of this letter.',
      noAnswer: 'The server there could not be reached.',
      notNow: 'The server there could not take the letter so far.',
      notProven:
        'The server there could not prove that it is the right one: its certificate is not what its domain says it must be. So that nobody reads along, we have not given it the letter. Only whoever runs the domain can mend that.',
      requiresTls:
        'You wanted this letter to travel encrypted only, and only by way of servers that prove who they are. No server on the way there promises that. Send it without this condition, or take another way.',
      suspended: 'Your account may not send at present. Please turn to whoever runs this service.',
      ourSide: 'The fault is ours. Please turn to whoever runs this service.',
      other: 'The server there did not take the letter.',
    },
    quoted: 'Answer of {host}: “{reply}”',
    closing: {
      failed: 'We do not try any further. The letter, or its header, is attached to this message.',
      delayed: 'We try until {until}. If it does not succeed, you will hear from us again.',
      delivered: 'You get this message because you asked for a confirmation.',
      relayed: 'You get this message because you asked for a confirmation.',
    },
    signature: 'This message was written by the mail server {hostname}.',
  },
}
