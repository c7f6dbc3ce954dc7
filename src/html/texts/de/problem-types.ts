import type { ProblemTypeWords } from '../problem-types.js';
import { causeTypes } from './cause-types.js';

const NOTHING_DONE = 'Es ist nichts geschehen.';
const AGAIN = 'Den Prozess noch einmal ausführen.';

export const problemTypes: Readonly<Record<string, ProblemTypeWords>> = {
  ...causeTypes,
  'invalid-request': {
    title: 'Ungültige Anfrage',
    meaning: `Etwas an der Anfrage ist nicht so, wie die API es verlangt. ${NOTHING_DONE}`,
    remedies: [
      '„errors“ des Problems lesen: Dort steht jeder Fehler, mit seiner Stelle im Rumpf (JSON Pointer) oder dem Namen des Parameters, und was erwartet war.',
      'Die Anfrage mit der Beschreibung des Prozesses und mit der API-Definition vergleichen.',
    ],
  },
  'malformed-json': {
    title: 'Kein JSON',
    meaning: `Der Rumpf der Anfrage ist kein JSON (RFC 8259) oder nicht in UTF-8. ${NOTHING_DONE}`,
    remedies: [
      '„line“, „column“ und „expected“ des Problems lesen: Sie sagen, wo der Rumpf falsch wird und was dort erwartet war.',
      'Das JSON von einer Bibliothek schreiben lassen. Es hat keine Kommentare, kein Komma nach dem Letzten, keine einfachen Anführungszeichen, kein NaN und kein Infinity.',
    ],
  },
  unauthorized: {
    title: 'Nicht erlaubt',
    meaning:
      'Um ihn auszuführen, Protokolle seiner Jobs zu lesen und sie abzubrechen, verlangt der Prozess ein Zugangstoken; die Anfrage hat keines oder ein falsches.',
    remedies: [
      'Das Token als „Authorization: Bearer TOKEN“ senden, oder als Eingabe „token“ der Ausführung.',
      'Den Betreiber des Servers nach dem Token fragen.',
    ],
  },
  forbidden: {
    title: 'Nicht erlaubt',
    meaning:
      'Der Server weiß, wer fragt, und was verlangt wird, darf gesehen werden; aber keine der Rollen der fragenden Person erlaubt, dies damit zu tun.',
    remedies: [
      'Bei GET /me nachsehen: dort steht, für wen der Server die fragende Person hält, und was sie darf.',
      'Den Betreiber des Servers um eine Rolle bitten, die es erlaubt.',
    ],
  },
  'cross-site-form': {
    title: 'Formular einer fremden Seite',
    meaning: `Ein Formular einer Seite, die nicht von diesem Server ist, wurde an ihn gesandt. ${NOTHING_DONE}`,
    remedies: [
      'Das Formular auf der Seite des Prozesses benutzen.',
      'Aus einer eigenen Anwendung mit JSON ausführen.',
      'Betreiber: Wo die Seiten unter einer anderen Adresse erreicht werden, als der Server glaubt, server.url oder trust_proxy setzen.',
    ],
  },
  'cross-site-request': {
    title: 'Anfrage einer fremden Seite',
    meaning: `Eine Adresse, die einen Prozess ausführt, wurde von einer fremden Seite geöffnet, oder von einem Browser, der im Voraus lädt. ${NOTHING_DONE}`,
    remedies: [
      'Die Adresse selbst öffnen: eintippen oder einfügen.',
      'Aus einer eigenen Anwendung mit POST und JSON ausführen.',
      'Betreiber: Wo der Server unter einer anderen Adresse erreicht wird, als er glaubt, server.url oder trust_proxy setzen.',
    ],
  },
  misdirected: {
    title: 'Fehlgeleitete Anfrage',
    meaning: `Die Anfrage gilt einem Rechner (Kopfzeile Host), für den dieser Server nicht antwortet. ${NOTHING_DONE}`,
    remedies: [
      'Die Adresse benutzen, die der Betreiber nennt.',
      'Betreiber: Den Rechner in server.hosts nennen oder server.url setzen; hinter einem Proxy, der ihn in X-Forwarded-Host nennt, trust_proxy setzen.',
    ],
  },
  'header-too-long': {
    title: 'Kopfzeile zu lang',
    meaning: `Eine Kopfzeile, die sagt, was gewünscht ist, hat mehr als 1024 Zeichen. ${NOTHING_DONE}`,
    remedies: ['Weniger verlangen: Ein paar Medientypen, Sprachen und Vorlieben genügen.'],
  },
  'not-available': {
    title: 'Nicht vorhanden',
    meaning:
      'Der Job ist bekannt, aber was verlangt wurde, ist nicht da: Protokoll oder Ergebnis wurden nie aufgehoben oder sind entfernt.',
    remedies: ['Den Status des Jobs ansehen: Er sagt, wie der Job endete.', AGAIN],
  },
  'link-over': {
    title: 'Link abgelaufen',
    meaning:
      'Die Adresse hat einen Link für andere (ihren Parameter „share“), der nichts öffnet: Seine Zeit ist um, der Job ist entfernt, oder niemand hat ihn gemacht.',
    remedies: [
      'Um einen neuen Link bitten, wer diesen gegeben hat.',
      'Die ganze Adresse nehmen: Mailprogramme schneiden lange ab.',
      'Den Parameter weglassen, wenn es der eigene Job ist.',
    ],
  },
  'not-acceptable': {
    title: 'Nicht in dieser Form',
    meaning: 'Es gibt, was verlangt wurde, aber in keinem Format, das die Anfrage annimmt.',
    remedies: ['Eine andere Kopfzeile „Accept“ senden, oder keine.', 'Den Parameter „f“ benutzen, der ihr vorgeht.'],
  },
  'job-dismissed': {
    title: 'Job abgebrochen',
    meaning: 'Der Job wurde abgebrochen und wird entfernt. Er hat keine Ergebnisse und ist bald nicht mehr bekannt.',
    remedies: ['Den Prozess noch einmal ausführen, wenn die Ergebnisse gebraucht werden.'],
  },
  'results-expired': {
    title: 'Ergebnisse abgelaufen',
    meaning:
      'Der Job war erfolgreich, und seine Ergebnisse wurden so lange aufgehoben, wie der Server es soll. Sie sind entfernt.',
    remedies: [AGAIN, 'Betreiber: results_ttl des Prozesses erhöhen.'],
  },
  ended: {
    title: 'Vorbei',
    meaning: 'Was verlangt wurde, war da und ist für immer vorbei.',
    remedies: ['Den Prozess noch einmal ausführen, wenn seine Ergebnisse gebraucht werden.'],
  },
  'length-required': {
    title: 'Länge verlangt',
    meaning: 'Eine Datei, die hochgeladen wird, muss vorher sagen, wie groß sie ist.',
    remedies: ['Die Kopfzeile „Content-Length“ senden: curl -T DATEI tut es, curl -T - nicht.'],
  },
  'content-too-large': {
    title: 'Inhalt zu groß',
    meaning: `Die Anfrage ist größer, als der Server annimmt; „detail“ sagt die Grenze und was gesandt wurde. ${NOTHING_DONE}`,
    remedies: [
      'Große Daten als Verweis übergeben statt als Wert.',
      'Die Daten auf mehrere Ausführungen verteilen.',
      'Betreiber: Die Grenze ist MAX_REQUEST_BYTES (server.max_request_bytes), auch für das, was ein gepackter Rumpf entpackt.',
    ],
  },
  'inputs-too-large': {
    title: 'Eingaben zu groß',
    meaning:
      'Die Eingaben sind gültig, aber als JSON größer als das, was den Container ihres Prozesses erreicht: Er hat sie in einer Umgebungsvariablen, ' +
      `die Linux auf 128 KiB begrenzt und max_inline_inputs des Servers oft auf weniger. ${NOTHING_DONE}`,
    remedies: [
      'Große Daten als Verweis übergeben statt als Wert.',
      'Die Daten auf mehrere Ausführungen verteilen.',
      'Betreiber: Wo das Image seine Eingaben von der Adresse in PYGEOAPI_K8S_MANAGER_INPUTS_URL liest (docs/results.md zeigt die zehn Zeilen), ' +
        '„large_inputs: url“ in seine Definition schreiben; dem Server einen Objektspeicher geben, und server.internal_url.',
      'Betreiber: max_inline_inputs von server.manager oder des Prozesses erhöhen; etcd hebt solche Eingaben so lange auf wie den Job.',
    ],
  },
  'unsupported-content-coding': {
    title: 'Unbekannte Kodierung des Inhalts',
    meaning: `Der Rumpf der Anfrage ist so gepackt, wie der Server es nicht liest. ${NOTHING_DONE}`,
    remedies: [
      'In einer der Kodierungen senden, die die Kopfzeile „Accept-Encoding“ dieser Antwort nennt, mit „Content-Encoding“, oder ungepackt.',
    ],
  },
  'range-not-satisfiable': {
    title: 'Bereich nicht vorhanden',
    meaning: 'Der verlangte Bereich von Bytes liegt hinter dem Ende des Ergebnisses oder Protokolls.',
    remedies: ['Die Kopfzeile „Content-Range“ lesen: Sie sagt, wie viele Bytes es sind.'],
  },
  'idempotency-key-reused': {
    title: 'Idempotency-Key gehört zu einer anderen Anfrage',
    meaning: `Derselbe Schlüssel kam schon mit einem anderen Rumpf; er steht für jene Anfrage, solange es ihren Job gibt. ${NOTHING_DONE}`,
    remedies: [
      'Für eine neue Anfrage einen neuen Schlüssel benutzen.',
      'Denselben Rumpf senden, wo die Anfrage eine Wiederholung ist.',
    ],
  },
  'job-id-taken': {
    title: 'Die job_id ist vergeben',
    meaning:
      'Die Anfrage hat die Kennung ihres Jobs selbst gewählt, und es gibt schon einen: Er läuft, ist beendet, oder wurde abgebrochen und wird entfernt. Es ist nichts entstanden.',
    remedies: [
      'Eine selbst erzeugte UUID wählen, für jeden Job eine neue, oder „job_id“ weglassen.',
      'Um eine Anfrage sicher zu wiederholen, die Kopfzeile „Idempotency-Key“ benutzen.',
    ],
  },
  'too-many-jobs': {
    title: 'Zu viele Jobs',
    meaning:
      'So viele Jobs, wie es geben darf, sind noch nicht beendet, dieses Prozesses oder aller, die kein Token verlangen; ' +
      'oder so viele warten, wie warten dürfen. Es ist nichts entstanden.',
    remedies: [
      'So viele Sekunden warten, wie die Kopfzeile „Retry-After“ sagt, und die Anfrage noch einmal senden.',
      'Betreiber: Die Grenze erhöhen, die „detail“ nennt: max_jobs von server.manager oder des Prozesses, oder max_waiting.',
    ],
  },
  'limit-exceeded': {
    title: 'Ihre Grenze ist erreicht',
    meaning:
      'Wer fragt, hat so viel, wie ein einzelner haben darf: wartende Jobs, Ausführungen in einer Minute, Bytes im Speicher oder offene ' +
      'Verbindungen; „limit“ sagt, welche Grenze es ist, wo sie eingestellt ist, und wie viel benutzt ist. Es ist nichts entstanden.',
    remedies: [
      'So viele Sekunden warten, wie die Kopfzeile „Retry-After“ sagt, und die Anfrage noch einmal senden.',
      'Wo „limit“ „stored_bytes“ heißt: Jobs entfernen, deren Ergebnisse nicht mehr gebraucht werden.',
      'Betreiber: Die Grenze erhöhen, die „key“ nennt.',
    ],
  },
  'sync-wait-exceeded': {
    title: 'Der Job dauert länger',
    meaning:
      'Der Job geht weiter, aber eine synchrone Anfrage wartet nicht länger, und der Prozess bietet keine asynchrone Ausführung an.',
    remedies: [
      'Dem Job unter der Adresse folgen, die das Problem und die Kopfzeile „Link“ nennen: Dort werden seine Ergebnisse sein.',
      'Betreiber: sync_max_wait des Prozesses erhöhen, oder async-execute anbieten.',
    ],
  },
  'log-incomplete': {
    title: 'Protokoll unvollständig',
    meaning:
      'Das Protokoll des Jobs wurde ganz gespeichert, und was im Objektspeicher steht, ist jetzt anders groß. Es wird nicht gezeigt, als wäre es ganz.',
    remedies: [
      'Betreiber: Das Objekt ansehen, dessen Schlüssel „detail“ des Problems nennt, und es aus einer Sicherung oder früheren Version wiederherstellen.',
    ],
  },
  misconfigured: {
    title: 'Server falsch eingerichtet',
    meaning:
      'Die Anfrage ist richtig, aber so, wie der Server eingerichtet ist, kann er sie nicht ausführen: Das Cluster lehnt ab, was der Prozess anlegt, oder ein Prozessor oder Sicherheitskontext ist falsch.',
    remedies: ['Es dem Betreiber des Servers sagen; „detail“ des Problems nennt, was abgelehnt wird.'],
  },
  unavailable: {
    title: 'Gerade nicht verfügbar',
    meaning:
      'Etwas, das der Server braucht, das Cluster oder der Objektspeicher, antwortet gerade nicht oder hat keinen Platz für noch einen Job.',
    remedies: ['Nach den Sekunden der Kopfzeile „Retry-After“ noch einmal versuchen.'],
  },
};
