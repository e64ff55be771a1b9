import type { Language } from '#mail/outbound'

interface Words {
  subject: string
  text: string
}

/** Puts values into `{places}`; what a value has in braces stays as it is. */
export function fill({ subject, text }: Words, values: Readonly<Record<string, string>>): Words {
  const put = (written: string): string => written.replace(/\{(\w+)\}/g, (place, name: string) => values[name] ?? place)
  return { subject: put(subject), text: put(text) }
}

/** The letter by which somebody outside is asked whether they want to be on a list. `{name}`, `{list}`, `{link}`, `{days}`, `{hostname}`. */
export const INVITATION_TEXTS: Record<Language, Words> = {
  de: {
    subject: 'Möchten Sie auf die Liste „{name}“?',
    text: `Jemand hat diese Adresse für die Verteilerliste „{name}“ ({list}) vorgeschlagen.

Wenn Sie das möchten, bestätigen Sie es hier:

{link}

Der Link gilt {days} Tage. Wenn Sie nichts tun, bekommen Sie nichts von dieser Liste, und die Adresse wird vergessen.

Diese Nachricht hat der Mailserver {hostname} geschrieben.`,
  },
  fr: {
    subject: 'Souhaitez-vous figurer sur la liste « {name} » ?',
    text: `Quelqu’un a proposé cette adresse pour la liste de diffusion « {name} » ({list}).

Si vous le souhaitez, confirmez-le ici :

{link}

Le lien est valable {days} jours. Si vous ne faites rien, vous ne recevrez rien de cette liste, et l’adresse sera oubliée.

Ce message a été écrit par le serveur de courrier {hostname}.`,
  },
  nl: {
    subject: 'Wilt u op de lijst „{name}”?',
    text: `Iemand heeft dit adres voorgesteld voor de verzendlijst „{name}” ({list}).

Wilt u dat, bevestig het dan hier:

{link}

De link is {days} dagen geldig. Doet u niets, dan krijgt u niets van deze lijst en wordt het adres vergeten.

Dit bericht is geschreven door de mailserver {hostname}.`,
  },
  en: {
    subject: 'Would you like to be on the list “{name}”?',
    text: `Somebody has proposed this address for the distribution list “{name}” ({list}).

If you would like that, confirm it here:

{link}

The link is good for {days} days. If you do nothing, you get nothing from this list, and the address is forgotten.

This message was written by the mail server {hostname}.`,
  },
}

/** The letter by which an owner hears that letters wait. `{lists}`, `{link}`, `{days}`, `{hostname}`. */
export const WAITING_TEXTS: Record<Language, Words> = {
  de: {
    subject: 'Briefe an Ihre Verteilerliste warten auf Sie',
    text: `An Ihre Listen wurden Briefe geschrieben, die erst weitergehen, wenn Sie sie angesehen haben. So viele warten:

{lists}

Hier entscheiden Sie darüber:

{link}

Jeder wartet {days} Tage. Was Sie bis dahin nicht weitergeben, wird gelöscht, und niemand erfährt davon.

Diese Nachricht kommt höchstens einmal am Tag. Der Mailserver {hostname} hat sie geschrieben.`,
  },
  fr: {
    subject: 'Des lettres à votre liste de diffusion attendent votre décision',
    text: `On a écrit à vos listes des lettres qui ne partent qu’une fois que vous les avez regardées. En attente :

{lists}

Vous en décidez ici :

{link}

Chacune attend {days} jours. Ce que vous ne transmettez pas d’ici là est effacé, et personne n’en est averti.

Ce message arrive une fois par jour au plus. Il a été écrit par le serveur de courrier {hostname}.`,
  },
  nl: {
    subject: 'Brieven aan uw verzendlijst wachten op u',
    text: `Aan uw lijsten zijn brieven geschreven die pas verdergaan als u ze hebt bekeken. Zoveel wachten er:

{lists}

Hier beslist u erover:

{link}

Elke brief wacht {days} dagen. Wat u tot dan niet doorgeeft, wordt gewist, en niemand krijgt daar bericht van.

Dit bericht komt hooguit eens per dag. Het is geschreven door de mailserver {hostname}.`,
  },
  en: {
    subject: 'Letters to your distribution list are waiting for you',
    text: `Letters were written to your lists that go on only once you have looked at them. So many are waiting:

{lists}

You decide here:

{link}

Each of them waits for {days} days. What you have not passed on by then is erased, and nobody is told.

This message comes once a day at most. It was written by the mail server {hostname}.`,
  },
}

/** The letter by which an author hears from an owner why theirs does not go on. `{name}`, `{list}`, `{subject}`, `{reason}`, `{hostname}`. */
export const REFUSAL_TEXTS: Record<Language, Words> = {
  de: {
    subject: 'Ihr Brief an die Liste „{name}“ geht nicht weiter',
    text: `Wer die Verteilerliste „{name}“ ({list}) führt, gibt Ihren Brief „{subject}“ nicht weiter und schreibt dazu:

{reason}

Diese Nachricht hat der Mailserver {hostname} geschrieben; Antworten auf sie liest niemand.`,
  },
  fr: {
    subject: 'Votre lettre à la liste « {name} » n’est pas transmise',
    text: `La personne qui tient la liste de diffusion « {name} » ({list}) ne transmet pas votre lettre « {subject} » et vous écrit :

{reason}

Ce message a été écrit par le serveur de courrier {hostname} ; personne ne lit les réponses.`,
  },
  nl: {
    subject: 'Uw brief aan de lijst „{name}” gaat niet verder',
    text: `Wie de verzendlijst „{name}” ({list}) beheert, geeft uw brief „{subject}” niet door en schrijft daarbij:

{reason}

Dit bericht is geschreven door de mailserver {hostname}; antwoorden erop leest niemand.`,
  },
  en: {
    subject: 'Your letter to the list “{name}” does not go on',
    text: `Whoever keeps the distribution list “{name}” ({list}) does not pass on your letter “{subject}”, and writes:

{reason}

This message was written by the mail server {hostname}; nobody reads answers to it.`,
  },
}
