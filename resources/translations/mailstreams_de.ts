<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
    <context>
        <name>AboutDialog</name>
        <message>
            <source>About MailStreams</source>
            <translation>Über MailStreams</translation>
        </message>
        <message>
            <source>Sends bulk mail over many addresses in parallel and keeps it flowing when destinations refuse some.</source>
            <translation>Sendet Massenmail parallel über viele Adressen und hält sie im Fluss, wenn Ziele einige davon ablehnen.</translation>
        </message>
        <message>
            <source>Data folder</source>
            <translation>Datenordner</translation>
        </message>
        <message>
            <source>&amp;Built with</source>
            <translation>&amp;Erstellt mit</translation>
        </message>
        <message>
            <source>&amp;Copy diagnostics</source>
            <translation>&amp;Diagnose kopieren</translation>
        </message>
        <message>
            <source>Packages</source>
            <translation>Pakete</translation>
        </message>
        <message>
            <source>Package</source>
            <translation>Paket</translation>
        </message>
        <message>
            <source>Version</source>
            <translation>Version</translation>
        </message>
        <message>
            <source>Licence</source>
            <translation>Lizenz</translation>
        </message>
        <message>
            <source>Copied</source>
            <translation>Kopiert</translation>
        </message>
    </context>
    <context>
        <name>ActivityPage</name>
        <message>
            <source>Filter by person, thing or words</source>
            <translation>Nach Person, Gegenstand oder Wörtern filtern</translation>
        </message>
        <message>
            <source>Everybody</source>
            <translation>Alle</translation>
        </message>
        <message>
            <source>People</source>
            <translation>Personen</translation>
        </message>
        <message>
            <source>The engine</source>
            <translation>Die Engine</translation>
        </message>
        <message>
            <source>Everything</source>
            <translation>Alles</translation>
        </message>
        <message>
            <source>Activity</source>
            <translation>Aktivität</translation>
        </message>
        <message>
            <source>What it was done to</source>
            <translation>Woran es geschah</translation>
        </message>
        <message>
            <source>Before</source>
            <translation>Vorher</translation>
        </message>
        <message>
            <source>After</source>
            <translation>Nachher</translation>
        </message>
        <message>
            <source>&amp;Undo this</source>
            <translation>Dies &amp;rückgängig machen</translation>
        </message>
        <message>
            <source>&amp;Copy</source>
            <translation>&amp;Kopieren</translation>
        </message>
        <message>
            <source>&amp;Export…</source>
            <translation>&amp;Exportieren…</translation>
        </message>
        <message>
            <source>Nothing was done yet</source>
            <translation>Noch nichts geschehen</translation>
        </message>
        <message>
            <source>Everything that you, your colleagues and the engine change is kept here.</source>
            <translation>Alles, was Sie, Ihre Kollegen und die Engine ändern, wird hier aufbewahrt.</translation>
        </message>
        <message>
            <source>&amp;Who</source>
            <translation>&amp;Wer</translation>
        </message>
        <message>
            <source>W&amp;hat</source>
            <translation>W&amp;as</translation>
        </message>
        <message>
            <source>Undone: {}</source>
            <translation>Rückgängig gemacht: {}</translation>
        </message>
        <message>
            <source>Export activity</source>
            <translation>Aktivität exportieren</translation>
        </message>
        <message>
            <source>CSV (*.csv)</source>
            <translation>CSV (*.csv)</translation>
        </message>
        <message numerus="yes">
            <source>%Ln line(s) written</source>
            <translation>
                <numerusform>%Ln Zeile geschrieben</numerusform>
                <numerusform>%Ln Zeilen geschrieben</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>AddressBindingDialog</name>
        <message>
            <source>Bind addresses to {}</source>
            <translation>Adressen einbinden in {}</translation>
        </message>
        <message>
            <source>the new stream</source>
            <translation>den neuen Stream</translation>
        </message>
        <message>
            <source>Addresses of this machine</source>
            <translation>Adressen dieses Rechners</translation>
        </message>
        <message>
            <source>Other addresses, ranges or networks</source>
            <translation>Andere Adressen, Bereiche oder Netze</translation>
        </message>
        <message>
            <source>Addresses of &amp;this machine</source>
            <translation>Adressen &amp;dieses Rechners</translation>
        </message>
        <message>
            <source>&amp;Other addresses, ranges or networks</source>
            <translation>A&amp;ndere Adressen, Bereiche oder Netze</translation>
        </message>
        <message>
            <source>Addresses to bind</source>
            <translation>Einzubindende Adressen</translation>
        </message>
        <message>
            <source>To bind</source>
            <translation>Einzubinden</translation>
        </message>
        <message>
            <source>Nothing chosen yet</source>
            <translation>Noch nichts gewählt</translation>
        </message>
        <message>
            <source>Tick addresses of this machine, or type others; what is known of them is shown here.</source>
            <translation>Adressen dieses Rechners ankreuzen oder andere eintippen; was über sie bekannt ist, steht dann hier.</translation>
        </message>
        <message>
            <source>Sender domain</source>
            <translation>Absenderdomain</translation>
        </message>
        <message>
            <source>Its SPF record is checked for the addresses. Empty: SPF is left out.</source>
            <translation>Ihr SPF-Eintrag wird für die Adressen geprüft. Leer: SPF wird ausgelassen.</translation>
        </message>
        <message>
            <source>Port 25 is tried at</source>
            <translation>Port 25 wird versucht bei</translation>
        </message>
        <message>
            <source>A domain whose mail exchangers are called to see whether mail gets out.</source>
            <translation>Eine Domain, deren Mailserver angerufen werden, um zu sehen, ob Mail hinauskommt.</translation>
        </message>
        <message>
            <source>&amp;Check</source>
            <translation>&amp;Prüfen</translation>
        </message>
        <message>
            <source>Progress of the check</source>
            <translation>Fortschritt der Prüfung</translation>
        </message>
        <message>
            <source>Sender &amp;domain</source>
            <translation>Absender&amp;domain</translation>
        </message>
        <message>
            <source>Try &amp;port 25 at</source>
            <translation>&amp;Port 25 versuchen bei</translation>
        </message>
        <message>
            <source>A failed check warns; it does not forbid to bind.</source>
            <translation>Eine nicht bestandene Prüfung warnt; sie verbietet das Einbinden nicht.</translation>
        </message>
        <message>
            <source>The stream has this address already.</source>
            <translation>Der Stream hat diese Adresse schon.</translation>
        </message>
        <message>
            <source>Line {}, column {}: {}</source>
            <translation>Zeile {}, Spalte {}: {}</translation>
        </message>
        <message numerus="yes">
            <source>%n more entry(s) can't be read.</source>
            <translation>
                <numerusform>%n weiterer Eintrag ist nicht lesbar.</numerusform>
                <numerusform>%n weitere Einträge sind nicht lesbar.</numerusform>
            </translation>
        </message>
        <message>
            <source>The stream has these already: {}</source>
            <translation>Diese hat der Stream schon: {}</translation>
        </message>
        <message>
            <source>&amp;Cancel check</source>
            <translation>Prüfung &amp;abbrechen</translation>
        </message>
        <message numerus="yes">
            <source>&amp;Bind %n address(es)</source>
            <translation>
                <numerusform>%n Adresse &amp;einbinden</numerusform>
                <numerusform>%n Adressen &amp;einbinden</numerusform>
            </translation>
        </message>
        <message>
            <source>&amp;Bind addresses</source>
            <translation>Adressen &amp;einbinden</translation>
        </message>
    </context>
    <context>
        <name>AddressEditor</name>
        <message>
            <source>Edit address {}</source>
            <translation>Adresse {} bearbeiten</translation>
        </message>
        <message>
            <source>&amp;Save</source>
            <translation>&amp;Speichern</translation>
        </message>
        <message>
            <source>&amp;HELO name</source>
            <translation>&amp;HELO-Name</translation>
        </message>
        <message>
            <source>The name that the address greets with; best its reverse name. Empty: its address in brackets.</source>
            <translation>Der Name, mit dem sich die Adresse meldet; am besten ihr Reverse-Name. Leer: die Adresse in Klammern.</translation>
        </message>
        <message>
            <source>&amp;Connections at a time</source>
            <translation>&amp;Verbindungen zugleich</translation>
        </message>
        <message>
            <source>New connections an &amp;hour</source>
            <translation>Neue Verbindungen je S&amp;tunde</translation>
        </message>
        <message>
            <source>Messages a co&amp;nnection</source>
            <translation>Nachrichten je Ver&amp;bindung</translation>
        </message>
        <message>
            <source>&amp;Messages an hour</source>
            <translation>Nachrichten je St&amp;unde</translation>
        </message>
        <message>
            <source>no limit</source>
            <translation>keine Grenze</translation>
        </message>
        <message>
            <source>Raise the number of messages a day and provider step by step</source>
            <translation>Die Zahl der Nachrichten je Tag und Anbieter schrittweise erhöhen</translation>
        </message>
        <message>
            <source>&amp;Warm-up</source>
            <translation>&amp;Aufwärmen</translation>
        </message>
        <message>
            <source>Messages on the &amp;first day</source>
            <translation>Nachrichten am &amp;ersten Tag</translation>
        </message>
        <message>
            <source>Times as many each &amp;day</source>
            <translation>Jeden Tag &amp;mal</translation>
        </message>
        <message>
            <source>Until a day &amp;reaches</source>
            <translation>Bis ein Tag e&amp;rreicht</translation>
        </message>
    </context>
    <context>
        <name>AddressesTab</name>
        <message>
            <source>Addresses of the stream</source>
            <translation>Adressen des Streams</translation>
        </message>
        <message>
            <source>&amp;Bind addresses…</source>
            <translation>Adressen &amp;einbinden…</translation>
        </message>
        <message>
            <source>&amp;Remove</source>
            <translation>E&amp;ntfernen</translation>
        </message>
        <message>
            <source>Mail is spread over the addresses by weight. An address that you remove finishes the mail it is sending.</source>
            <translation>Die Mail wird nach Gewicht auf die Adressen verteilt. Eine Adresse, die Sie entfernen, beendet die Mail, die sie gerade sendet.</translation>
        </message>
    </context>
    <context>
        <name>AssociationsPage</name>
        <message>
            <source>Filter by name or stream</source>
            <translation>Nach Name oder Stream filtern</translation>
        </message>
        <message>
            <source>&lt;p&gt;A mailing goes over the stream of its segment; without one, over that of its list, then of its site, then over the server's default stream. The column &lt;b&gt;Decided by&lt;/b&gt; says which of them it was.&lt;/p&gt;&lt;p&gt;Choose a stream in the column &lt;b&gt;Stream&lt;/b&gt; (F2 or double click), or drag one from the list at the right onto a node; drag it onto a selection to change all of it.&lt;/p&gt;&lt;p&gt;Mailings that have started keep their stream. You are asked whether their waiting recipients shall move too. Every change can be undone (Ctrl+Z).&lt;/p&gt;</source>
            <translation>&lt;p&gt;Ein Mailing geht über den Stream seines Segments; ohne einen solchen über den seiner Liste, dann seiner Site, dann über den Standard-Stream des Servers. Die Spalte &lt;b&gt;Entschieden von&lt;/b&gt; sagt, wer es war.&lt;/p&gt;&lt;p&gt;Wählen Sie einen Stream in der Spalte &lt;b&gt;Stream&lt;/b&gt; (F2 oder Doppelklick), oder ziehen Sie einen aus der Liste rechts auf einen Knoten; auf eine Auswahl gezogen, ändert er alle.&lt;/p&gt;&lt;p&gt;Begonnene Mailings behalten ihren Stream. Sie werden gefragt, ob auch ihre wartenden Empfänger wechseln sollen. Jede Änderung lässt sich rückgängig machen (Strg+Z).&lt;/p&gt;</translation>
        </message>
        <message>
            <source>Sites, lists and segments</source>
            <translation>Sites, Listen und Segmente</translation>
        </message>
        <message>
            <source>&amp;Use for the selection</source>
            <translation>Für die &amp;Auswahl verwenden</translation>
        </message>
        <message>
            <source>S&amp;treams</source>
            <translation>S&amp;treams</translation>
        </message>
        <message>
            <source>Drag one onto a site, list or segment, or onto a selection.</source>
            <translation>Ziehen Sie einen auf eine Site, eine Liste, ein Segment oder eine Auswahl.</translation>
        </message>
        <message>
            <source>No sites yet</source>
            <translation>Noch keine Sites</translation>
        </message>
        <message>
            <source>Sites and their lists are made on the page Lists. Until then all mail goes over the default stream.</source>
            <translation>Sites und ihre Listen werden auf der Seite Listen angelegt. Bis dahin geht alle Mail über den Standard-Stream.</translation>
        </message>
        <message>
            <source>Change &amp;stream</source>
            <translation>&amp;Stream ändern</translation>
        </message>
        <message>
            <source>&amp;Inherit</source>
            <translation>&amp;Erben</translation>
        </message>
        <message>
            <source>Take away the stream of the selection (Del)</source>
            <translation>Der Auswahl ihren Stream nehmen (Entf)</translation>
        </message>
        <message>
            <source>E&amp;xpand sites</source>
            <translation>Sites au&amp;fklappen</translation>
        </message>
        <message>
            <source>&amp;Collapse</source>
            <translation>&amp;Zuklappen</translation>
        </message>
        <message>
            <source>Open &amp;lists</source>
            <translation>&amp;Listen öffnen</translation>
        </message>
        <message>
            <source> and others</source>
            <translation> und andere</translation>
        </message>
        <message numerus="yes">
            <source>Also move the waiting recipients of %n running mailing(s)?</source>
            <translation>
                <numerusform>Auch die wartenden Empfänger von %n laufenden Mailing umziehen?</numerusform>
                <numerusform>Auch die wartenden Empfänger von %n laufenden Mailings umziehen?</numerusform>
            </translation>
        </message>
        <message>
            <source>{} recipients of {} wait. Those that are being sent now finish where they are.</source>
            <translation>{} Empfänger von {} warten. Die gerade gesendet werden, enden, wo sie sind.</translation>
        </message>
        <message numerus="yes">
            <source>Move %Ln recipient(s)</source>
            <translation>
                <numerusform>%Ln Empfänger umziehen</numerusform>
                <numerusform>%Ln Empfänger umziehen</numerusform>
            </translation>
        </message>
        <message>
            <source>Leave them</source>
            <translation>Dort lassen</translation>
        </message>
        <message numerus="yes">
            <source>Moved %n mailing(s)</source>
            <translation>
                <numerusform>%n Mailing umgezogen</numerusform>
                <numerusform>%n Mailings umgezogen</numerusform>
            </translation>
        </message>
        <message>
            <source>Stream of {}</source>
            <translation>Stream von {}</translation>
        </message>
        <message numerus="yes">
            <source>Streams of %n entries</source>
            <translation>
                <numerusform>Stream von %n Eintrag</numerusform>
                <numerusform>Streams von %n Einträgen</numerusform>
            </translation>
        </message>
        <message>
            <source>{} inherits {} now</source>
            <translation>{} erbt jetzt {}</translation>
        </message>
        <message>
            <source>{} uses {} now</source>
            <translation>{} verwendet jetzt {}</translation>
        </message>
        <message numerus="yes">
            <source>%n entries</source>
            <translation>
                <numerusform>%n Eintrag</numerusform>
                <numerusform>%n Einträge</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>AssociationsTab</name>
        <message>
            <source>Sites, lists and segments</source>
            <translation>Sites, Listen und Segmente</translation>
        </message>
        <message>
            <source>Ticked sites, lists and segments use this stream by default. What is below them inherits it.</source>
            <translation>Angekreuzte Sites, Listen und Segmente verwenden diesen Stream als Vorgabe. Was darunter liegt, erbt ihn.</translation>
        </message>
    </context>
    <context>
        <name>AttentionLine</name>
        <message>
            <source>What happened</source>
            <translation>Was geschehen ist</translation>
        </message>
        <message>
            <source>Dismiss</source>
            <translation>Ausblenden</translation>
        </message>
    </context>
    <context>
        <name>AttentionList</name>
        <message>
            <source>What needs attention</source>
            <translation>Was Aufmerksamkeit braucht</translation>
        </message>
        <message>
            <source>Nothing needs you now.</source>
            <translation>Gerade braucht Sie nichts.</translation>
        </message>
        <message numerus="yes">
            <source>and %Ln more</source>
            <translation>
                <numerusform>und %Ln weitere</numerusform>
                <numerusform>und %Ln weitere</numerusform>
            </translation>
        </message>
        <message>
            <source>Show blocks</source>
            <translation>Sperren zeigen</translation>
        </message>
        <message>
            <source>Stream {name} has stopped at {place}: {text}.</source>
            <translation>Stream {name} hält bei {place} an: {text}.</translation>
        </message>
        <message>
            <source>Resume</source>
            <translation>Fortsetzen</translation>
        </message>
        <message>
            <source>Mailing {name} has stopped at {place}: {text}.</source>
            <translation>Mailing {name} hält bei {place} an: {text}.</translation>
        </message>
        <message>
            <source>{name} can't be used on this machine: {text}.</source>
            <translation>{name} ist auf diesem Rechner nicht verwendbar: {text}.</translation>
        </message>
        <message>
            <source>Show address</source>
            <translation>Adresse zeigen</translation>
        </message>
        <message numerus="yes">
            <source>%Ln recipient(s)</source>
            <translation>
                <numerusform>%Ln Empfänger</numerusform>
                <numerusform>%Ln Empfänger</numerusform>
            </translation>
        </message>
        <message>
            <source>Mailing {name}: nobody knows whether {number} got it.</source>
            <translation>Mailing {name}: Niemand weiß, ob {number} es bekamen.</translation>
        </message>
        <message>
            <source>Decide…</source>
            <translation>Entscheiden…</translation>
        </message>
        <message>
            <source>Mailing {name} is paused; {number} wait.</source>
            <translation>Mailing {name} pausiert; {number} warten.</translation>
        </message>
        <message>
            <source>Dismiss</source>
            <translation>Ausblenden</translation>
        </message>
        <message>
            <source>{place} refuses every address of stream {name} for {domains}; {number} wait.</source>
            <translation>{place} lehnt jede Adresse des Streams {name} für {domains} ab; {number} warten.</translation>
        </message>
        <message numerus="yes">
            <source>%Ln domain(s)</source>
            <translation>
                <numerusform>%Ln Domain</numerusform>
                <numerusform>%Ln Domains</numerusform>
            </translation>
        </message>
        <message>
            <source>{place} refuses every address of stream {name}; {number} wait.</source>
            <translation>{place} lehnt jede Adresse des Streams {name} ab; {number} warten.</translation>
        </message>
    </context>
    <context>
        <name>Banner</name>
        <message>
            <source>Close this message</source>
            <translation>Diese Meldung schließen</translation>
        </message>
    </context>
    <context>
        <name>BlockDelegate</name>
        <message>
            <source>Undo</source>
            <translation>Rückgängig</translation>
        </message>
    </context>
    <context>
        <name>BlockDetail</name>
        <message>
            <source>Details of the block</source>
            <translation>Einzelheiten der Sperre</translation>
        </message>
        <message>
            <source>Close the details</source>
            <translation>Einzelheiten schließen</translation>
        </message>
        <message>
            <source>Clear block</source>
            <translation>Sperre aufheben</translation>
        </message>
        <message>
            <source>Probe now</source>
            <translation>Jetzt testen</translation>
        </message>
        <message>
            <source>What the server said</source>
            <translation>Was der Server sagte</translation>
        </message>
        <message>
            <source>The reply in full</source>
            <translation>Die ganze Antwort</translation>
        </message>
        <message>
            <source>What the other servers of the group said</source>
            <translation>Was die anderen Server der Gruppe sagten</translation>
        </message>
        <message>
            <source>What it means</source>
            <translation>Was es bedeutet</translation>
        </message>
        <message>
            <source>Reason</source>
            <translation>Grund</translation>
        </message>
        <message>
            <source>Advice</source>
            <translation>Rat</translation>
        </message>
        <message>
            <source>Pair</source>
            <translation>Paar</translation>
        </message>
        <message>
            <source>MX host</source>
            <translation>MX-Host</translation>
        </message>
        <message>
            <source>Provider</source>
            <translation>Anbieter</translation>
        </message>
        <message>
            <source>Streams</source>
            <translation>Streams</translation>
        </message>
        <message>
            <source>Stage</source>
            <translation>Phase</translation>
        </message>
        <message>
            <source>Since</source>
            <translation>Seit</translation>
        </message>
        <message>
            <source>Next probe</source>
            <translation>Nächster Test</translation>
        </message>
        <message>
            <source>Waiting</source>
            <translation>Wartend</translation>
        </message>
        <message>
            <source>Rule</source>
            <translation>Regel</translation>
        </message>
        <message>
            <source>Show the recipients who wait</source>
            <translation>Die wartenden Empfänger zeigen</translation>
        </message>
        <message>
            <source>Refusals and probes</source>
            <translation>Ablehnungen und Tests</translation>
        </message>
        <message>
            <source>Refusals and probes over time</source>
            <translation>Ablehnungen und Tests im Lauf der Zeit</translation>
        </message>
        <message>
            <source>What the last probe said</source>
            <translation>Was der letzte Test ergab</translation>
        </message>
        <message>
            <source>N&amp;ote</source>
            <translation>N&amp;otiz</translation>
        </message>
        <message>
            <source>Note</source>
            <translation>Notiz</translation>
        </message>
        <message>
            <source>For you and your colleagues: tickets, calls, what was tried</source>
            <translation>Für Sie und Ihre Kollegen: Tickets, Anrufe, was versucht wurde</translation>
        </message>
        <message>
            <source>Save note</source>
            <translation>Notiz speichern</translation>
        </message>
        <message>
            <source>History</source>
            <translation>Verlauf</translation>
        </message>
        <message>
            <source>the same</source>
            <translation>dieselbe</translation>
        </message>
        <message>
            <source>No rule says what this reply means.</source>
            <translation>Keine Regel sagt, was diese Antwort bedeutet.</translation>
        </message>
        <message>
            <source> and all of its exchanger group</source>
            <translation> und alle ihrer Mailserver-Gruppe</translation>
        </message>
        <message>
            <source>Nobody: mail goes over other addresses, or there is none for this destination.</source>
            <translation>Niemand: Die Mail geht über andere Adressen, oder es gibt keine für dieses Ziel.</translation>
        </message>
        <message numerus="yes">
            <source>%Ln recipient(s) held</source>
            <translation>
                <numerusform>%Ln Empfänger zurückgehalten</numerusform>
                <numerusform>%Ln Empfänger zurückgehalten</numerusform>
            </translation>
        </message>
        <message>
            <source>{number} of {mailing} at {domain}</source>
            <translation>{number} von {mailing} bei {domain}</translation>
        </message>
        <message numerus="yes">
            <source>%Ln more</source>
            <translation>
                <numerusform>%Ln weiterer</numerusform>
                <numerusform>%Ln weitere</numerusform>
            </translation>
        </message>
        <message>
            <source>The last probe had no result: {}</source>
            <translation>Der letzte Test blieb ohne Ergebnis: {}</translation>
        </message>
        <message numerus="yes">
            <source>All %Ln event(s)</source>
            <translation>
                <numerusform>%Ln Ereignis</numerusform>
                <numerusform>Alle %Ln Ereignisse</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>BlockView</name>
        <message>
            <source>Blocks</source>
            <translation>Sperren</translation>
        </message>
    </context>
    <context>
        <name>BlocksChart</name>
        <message numerus="yes">
            <source>%Ln new block(s) in the last day</source>
            <translation>
                <numerusform>%Ln neue Sperre am letzten Tag</numerusform>
                <numerusform>%Ln neue Sperren am letzten Tag</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>BlocksPage</name>
        <message>
            <source>Filter by address, domain, host, reply or note</source>
            <translation>Nach Adresse, Domain, Host, Antwort oder Notiz filtern</translation>
        </message>
        <message>
            <source>&amp;Now</source>
            <translation>&amp;Jetzt</translation>
        </message>
        <message>
            <source>H&amp;istory</source>
            <translation>&amp;Verlauf</translation>
        </message>
        <message>
            <source>&amp;Matrix</source>
            <translation>&amp;Matrix</translation>
        </message>
        <message>
            <source>&amp;Clear block</source>
            <translation>Sperre auf&amp;heben</translation>
        </message>
        <message>
            <source>&amp;Probe now</source>
            <translation>Jetzt &amp;testen</translation>
        </message>
        <message>
            <source>&amp;Hold: make permanent</source>
            <translation>&amp;Dauerhaft machen</translation>
        </message>
        <message>
            <source>Clear with a &amp;slow start</source>
            <translation>Mit &amp;langsamem Anlauf aufheben</translation>
        </message>
        <message>
            <source>E&amp;xempt…</source>
            <translation>Aus&amp;nehmen…</translation>
        </message>
        <message>
            <source>&amp;Details</source>
            <translation>&amp;Einzelheiten</translation>
        </message>
        <message>
            <source>&amp;Export…</source>
            <translation>&amp;Exportieren…</translation>
        </message>
        <message>
            <source>As CSV</source>
            <translation>Als CSV</translation>
        </message>
        <message>
            <source>Export as &amp;JSON…</source>
            <translation>Als &amp;JSON exportieren…</translation>
        </message>
        <message>
            <source>No address is refused anywhere.</source>
            <translation>Nirgends wird eine Adresse abgelehnt.</translation>
        </message>
        <message>
            <source>{addresses} refused by {providers}</source>
            <translation>{addresses} abgelehnt von {providers}</translation>
        </message>
        <message numerus="yes">
            <source>%Ln address is</source>
            <translation>
                <numerusform>%Ln Adresse wird</numerusform>
                <numerusform>%Ln Adressen werden</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln addresses are</source>
            <translation>
                <numerusform>%Ln Adresse wird</numerusform>
                <numerusform>%Ln Adressen werden</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln provider(s)</source>
            <translation>
                <numerusform>%Ln Anbieter</numerusform>
                <numerusform>%Ln Anbietern</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln recipient(s) held</source>
            <translation>
                <numerusform>%Ln Empfänger zurückgehalten</numerusform>
                <numerusform>%Ln Empfänger zurückgehalten</numerusform>
            </translation>
        </message>
        <message>
            <source>nobody waits: mail goes over the other addresses</source>
            <translation>niemand wartet: Die Mail geht über die anderen Adressen</translation>
        </message>
        <message>
            <source>next probe {}</source>
            <translation>nächster Test {}</translation>
        </message>
    </context>
    <context>
        <name>ClearEffectDialog</name>
        <message>
            <source>Looking what this will do…</source>
            <translation>Es wird nachgesehen, was das bewirkt…</translation>
        </message>
        <message>
            <source>Recipients by sending address</source>
            <translation>Empfänger je Sendeadresse</translation>
        </message>
        <message>
            <source>There is nothing to do: no block matches any more.</source>
            <translation>Nichts zu tun: Keine Sperre passt mehr.</translation>
        </message>
        <message numerus="yes">
            <source>%Ln block(s) will open at once, without a slow start.</source>
            <translation>
                <numerusform>%Ln Sperre öffnet sich sofort, ohne langsamen Anlauf.</numerusform>
                <numerusform>%Ln Sperren öffnen sich sofort, ohne langsamen Anlauf.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln recipient(s) who wait now are sent, over these addresses:</source>
            <translation>
                <numerusform>%Ln jetzt wartender Empfänger wird gesendet, über diese Adressen:</numerusform>
                <numerusform>%Ln jetzt wartende Empfänger werden gesendet, über diese Adressen:</numerusform>
            </translation>
        </message>
        <message>
            <source>{} Nobody waits for them.</source>
            <translation>{} Niemand wartet darauf.</translation>
        </message>
    </context>
    <context>
        <name>ConditionRow</name>
        <message>
            <source>Field</source>
            <translation>Feld</translation>
        </message>
        <message>
            <source>Operator</source>
            <translation>Operator</translation>
        </message>
        <message>
            <source>Value</source>
            <translation>Wert</translation>
        </message>
        <message>
            <source>Remove this condition</source>
            <translation>Diese Bedingung entfernen</translation>
        </message>
        <message>
            <source>2024-05-31</source>
            <translation>2024-05-31</translation>
        </message>
        <message>
            <source>several, with commas between them</source>
            <translation>mehrere, durch Kommas getrennt</translation>
        </message>
    </context>
    <context>
        <name>CopyLine</name>
        <message>
            <source>Page</source>
            <translation>Seite</translation>
        </message>
        <message>
            <source>Copy</source>
            <translation>Kopieren</translation>
        </message>
        <message>
            <source>Copy {}</source>
            <translation>{} kopieren</translation>
        </message>
    </context>
    <context>
        <name>DatabasePanel</name>
        <message>
            <source>&amp;Back up now…</source>
            <translation>Jetzt &amp;sichern…</translation>
        </message>
        <message>
            <source>&amp;Restore a copy…</source>
            <translation>Sicherung &amp;zurückspielen…</translation>
        </message>
        <message>
            <source>Where it is</source>
            <translation>Ort</translation>
        </message>
        <message>
            <source>Size</source>
            <translation>Größe</translation>
        </message>
        <message>
            <source>Copies before each change of its form</source>
            <translation>Sicherungen vor jeder Änderung ihrer Form</translation>
        </message>
        <message>
            <source>Back up the database</source>
            <translation>Datenbank sichern</translation>
        </message>
        <message>
            <source>Databases (*.db *.zip)</source>
            <translation>Datenbanken (*.db *.zip)</translation>
        </message>
        <message>
            <source>Restore a copy</source>
            <translation>Sicherung zurückspielen</translation>
        </message>
        <message>
            <source>Databases (*.db);;All files (*)</source>
            <translation>Datenbanken (*.db);;Alle Dateien (*)</translation>
        </message>
        <message>
            <source>Restore {}?</source>
            <translation>{} zurückspielen?</translation>
        </message>
        <message>
            <source>Everything becomes as it was when the copy was made: streams, lists, mailings, blocks. Mailings that were under way then would go on from there, so that recipients may get a message twice. A copy of what is there now is written first.</source>
            <translation>Alles wird, wie es zum Zeitpunkt der Sicherung war: Streams, Listen, Mailings, Sperren. Mailings, die damals liefen, machen dort weiter, so dass Empfänger eine Nachricht zweimal bekommen können. Was jetzt da ist, wird vorher gesichert.</translation>
        </message>
        <message>
            <source>&amp;Restore</source>
            <translation>&amp;Zurückspielen</translation>
        </message>
        <message>
            <source>Keep what is there</source>
            <translation>Behalten, was da ist</translation>
        </message>
        <message>
            <source>Wrote a copy to {}</source>
            <translation>Sicherung nach {} geschrieben</translation>
        </message>
        <message>
            <source>Restored {}; what was there before is in {}</source>
            <translation>{} zurückgespielt; was vorher da war, ist in {}</translation>
        </message>
    </context>
    <context>
        <name>DeleteStreamDialog</name>
        <message>
            <source>Delete stream</source>
            <translation>Stream löschen</translation>
        </message>
        <message>
            <source>Delete {}?</source>
            <translation>{} löschen?</translation>
        </message>
        <message>
            <source>None: they inherit</source>
            <translation>Keiner: Sie erben</translation>
        </message>
        <message>
            <source>&amp;Replace it with</source>
            <translation>&amp;Ersetzen durch</translation>
        </message>
        <message>
            <source>&amp;Delete stream</source>
            <translation>Stream &amp;löschen</translation>
        </message>
        <message numerus="yes">
            <source>%n unfinished mailing(s): {}.</source>
            <translation>
                <numerusform>%n unfertiges Mailing: {}.</numerusform>
                <numerusform>%n unfertige Mailings: {}.</numerusform>
            </translation>
        </message>
        <message>
            <source>Waiting recipients move to the replacement; those in flight finish where they are.</source>
            <translation>Wartende Empfänger ziehen zum Ersatz um; die unterwegs sind, enden, wo sie sind.</translation>
        </message>
        <message numerus="yes">
            <source>Sites, lists and segments that use it by default: %Ln</source>
            <translation>
                <numerusform>Site, Liste oder Segment mit dieser Vorgabe: %Ln</numerusform>
                <numerusform>Sites, Listen und Segmente mit dieser Vorgabe: %Ln</numerusform>
            </translation>
        </message>
        <message>
            <source>Nothing uses it. Its addresses stay known.</source>
            <translation>Nichts verwendet ihn. Seine Adressen bleiben bekannt.</translation>
        </message>
    </context>
    <context>
        <name>EditDialog</name>
        <message>
            <source>{} Nothing was saved; what you typed is still here.</source>
            <translation>{} Nichts wurde gespeichert; was Sie getippt haben, steht noch da.</translation>
        </message>
        <message>
            <source>Leave without saving?</source>
            <translation>Ohne Speichern verlassen?</translation>
        </message>
        <message>
            <source>What you changed here would be lost.</source>
            <translation>Was Sie hier geändert haben, ginge verloren.</translation>
        </message>
        <message>
            <source>Discard changes</source>
            <translation>Änderungen verwerfen</translation>
        </message>
        <message>
            <source>Keep editing</source>
            <translation>Weiter bearbeiten</translation>
        </message>
    </context>
    <context>
        <name>FilterBox</name>
        <message>
            <source>Filter</source>
            <translation>Filter</translation>
        </message>
    </context>
    <context>
        <name>FilterRow</name>
        <message>
            <source>S&amp;tream</source>
            <translation>S&amp;tream</translation>
        </message>
        <message>
            <source>Pro&amp;vider</source>
            <translation>An&amp;bieter</translation>
        </message>
        <message>
            <source>Stat&amp;e</source>
            <translation>Stat&amp;us</translation>
        </message>
        <message>
            <source>&amp;Group by</source>
            <translation>&amp;Gruppieren nach</translation>
        </message>
        <message>
            <source>Show the blocks of all domains and addresses</source>
            <translation>Die Sperren aller Domains und Adressen zeigen</translation>
        </message>
        <message>
            <source>Show all</source>
            <translation>Alle zeigen</translation>
        </message>
        <message>
            <source>All</source>
            <translation>Alle</translation>
        </message>
        <message>
            <source>All but cleared</source>
            <translation>Alle außer aufgehobenen</translation>
        </message>
        <message>
            <source>All, cleared ones too</source>
            <translation>Alle, auch aufgehobene</translation>
        </message>
        <message>
            <source>Nothing</source>
            <translation>Nichts</translation>
        </message>
        <message>
            <source>Stream</source>
            <translation>Stream</translation>
        </message>
        <message>
            <source>Domain</source>
            <translation>Domain</translation>
        </message>
        <message>
            <source>Provider</source>
            <translation>Anbieter</translation>
        </message>
        <message>
            <source>Sending address</source>
            <translation>Sendeadresse</translation>
        </message>
        <message>
            <source>Only {}</source>
            <translation>Nur {}</translation>
        </message>
    </context>
    <context>
        <name>FirstStartDialog</name>
        <message>
            <source>Welcome to MailStreams</source>
            <translation>Willkommen bei MailStreams</translation>
        </message>
        <message>
            <source>&amp;Look around with the rehearsal network</source>
            <translation>Im Übungsnetz &amp;umsehen</translation>
        </message>
        <message>
            <source>Five made-up mail providers run on this machine, one of them blocks an address. Nothing leaves it.</source>
            <translation>Fünf erfundene Mailanbieter laufen auf diesem Rechner, einer davon sperrt eine Adresse. Nichts verlässt ihn.</translation>
        </message>
        <message>
            <source>&amp;Set up my first stream</source>
            <translation>Meinen ersten Stream &amp;einrichten</translation>
        </message>
        <message>
            <source>Choose the addresses that your mail leaves from, and check them.</source>
            <translation>Wählen Sie die Adressen, von denen Ihre Mail ausgeht, und prüfen Sie sie.</translation>
        </message>
        <message>
            <source>Not now</source>
            <translation>Jetzt nicht</translation>
        </message>
        <message>
            <source>How would you like to begin?</source>
            <translation>Wie möchten Sie beginnen?</translation>
        </message>
        <message>
            <source>Both stay possible later: the rehearsal is in the menu File.</source>
            <translation>Beides bleibt später möglich: Das Übungsnetz steht im Menü Datei.</translation>
        </message>
    </context>
    <context>
        <name>GoToDialog</name>
        <message>
            <source>Go to</source>
            <translation>Gehe zu</translation>
        </message>
        <message>
            <source>&amp;Name of a stream, address, domain, mailing, list or member</source>
            <translation>&amp;Name eines Streams, einer Adresse, Domain, Liste, eines Mailings oder Mitglieds</translation>
        </message>
        <message>
            <source>Name</source>
            <translation>Name</translation>
        </message>
        <message>
            <source>What was found</source>
            <translation>Was gefunden wurde</translation>
        </message>
        <message>
            <source>{}: page</source>
            <translation>{}: Seite</translation>
        </message>
        <message>
            <source>Nothing has this name.</source>
            <translation>Nichts heißt so.</translation>
        </message>
    </context>
    <context>
        <name>GroupBox</name>
        <message>
            <source>all of these hold</source>
            <translation>all dies gilt</translation>
        </message>
        <message>
            <source>any of these holds</source>
            <translation>etwas davon gilt</translation>
        </message>
        <message>
            <source>How the conditions are joined</source>
            <translation>Wie die Bedingungen verknüpft sind</translation>
        </message>
        <message>
            <source>Members for whom</source>
            <translation>Mitglieder, für die</translation>
        </message>
        <message>
            <source>and in here</source>
            <translation>und hierin</translation>
        </message>
        <message>
            <source>Remove this group</source>
            <translation>Diese Gruppe entfernen</translation>
        </message>
        <message>
            <source>Add condition</source>
            <translation>Bedingung hinzufügen</translation>
        </message>
        <message>
            <source>Add group</source>
            <translation>Gruppe hinzufügen</translation>
        </message>
    </context>
    <context>
        <name>HelpDock</name>
        <message>
            <source>Help</source>
            <translation>Hilfe</translation>
        </message>
        <message>
            <source>Help text</source>
            <translation>Hilfetext</translation>
        </message>
    </context>
    <context>
        <name>HistoryLine</name>
        <message>
            <source>What happened</source>
            <translation>Was geschehen ist</translation>
        </message>
    </context>
    <context>
        <name>HistoryTab</name>
        <message>
            <source>History of all blocks</source>
            <translation>Verlauf aller Sperren</translation>
        </message>
        <message>
            <source>Nothing has happened here yet</source>
            <translation>Hier ist noch nichts geschehen</translation>
        </message>
        <message>
            <source>Every refusal, probe and decision about a block is kept here, with who made it.</source>
            <translation>Jede Ablehnung, jeder Test und jede Entscheidung über eine Sperre wird hier aufbewahrt, mit dem, der sie traf.</translation>
        </message>
        <message>
            <source>Show the history of all blocks</source>
            <translation>Den Verlauf aller Sperren zeigen</translation>
        </message>
        <message>
            <source>Only block {}</source>
            <translation>Nur Sperre {}</translation>
        </message>
        <message>
            <source>Export history</source>
            <translation>Verlauf exportieren</translation>
        </message>
        <message>
            <source>CSV (*.csv)</source>
            <translation>CSV (*.csv)</translation>
        </message>
        <message numerus="yes">
            <source>%Ln event(s) written</source>
            <translation>
                <numerusform>%Ln Ereignis geschrieben</numerusform>
                <numerusform>%Ln Ereignisse geschrieben</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>ImportDialog</name>
        <message>
            <source>Import members into {}</source>
            <translation>Mitglieder in {} importieren</translation>
        </message>
        <message>
            <source>&amp;Choose…</source>
            <translation>&amp;Wählen…</translation>
        </message>
        <message>
            <source>A CSV file whose first line names the columns, one of them address or email. Encoding and separator are found by themselves, and nothing is imported before you have seen the first rows.</source>
            <translation>Eine CSV-Datei, deren erste Zeile die Spalten benennt, eine davon address oder email. Kodierung und Trennzeichen werden von selbst gefunden, und nichts wird importiert, bevor Sie die ersten Zeilen gesehen haben.</translation>
        </message>
        <message>
            <source>Progress of the import</source>
            <translation>Fortschritt des Imports</translation>
        </message>
        <message>
            <source>&amp;Import</source>
            <translation>&amp;Importieren</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>Abbrechen</translation>
        </message>
        <message>
            <source>Choose a file</source>
            <translation>Datei wählen</translation>
        </message>
        <message>
            <source>Tables (*.csv *.txt *.tsv);;All files (*)</source>
            <translation>Tabellen (*.csv *.txt *.tsv);;Alle Dateien (*)</translation>
        </message>
        <message>
            <source>{} Nothing was imported.</source>
            <translation>{} Nichts wurde importiert.</translation>
        </message>
        <message>
            <source>Save the list of errors</source>
            <translation>Fehlerliste speichern</translation>
        </message>
        <message>
            <source>CSV (*.csv)</source>
            <translation>CSV (*.csv)</translation>
        </message>
        <message>
            <source>Saved to {}</source>
            <translation>Gespeichert in {}</translation>
        </message>
        <message numerus="yes">
            <source>%Ln line(s) read; they become members now…</source>
            <translation>
                <numerusform>%Ln Zeile gelesen; sie wird jetzt Mitglied…</numerusform>
                <numerusform>%Ln Zeilen gelesen; sie werden jetzt Mitglieder…</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>, %Ln bad</source>
            <translation>
                <numerusform>, %Ln fehlerhaft</numerusform>
                <numerusform>, %Ln fehlerhaft</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln line(s) read</source>
            <translation>
                <numerusform>%Ln Zeile gelesen</numerusform>
                <numerusform>%Ln Zeilen gelesen</numerusform>
            </translation>
        </message>
        <message>
            <source>Cancelled: nothing was imported.</source>
            <translation>Abgebrochen: Nichts wurde importiert.</translation>
        </message>
        <message>
            <source>&amp;Done</source>
            <translation>&amp;Fertig</translation>
        </message>
        <message>
            <source>Reading…</source>
            <translation>Wird gelesen…</translation>
        </message>
        <message>
            <source>Ending…</source>
            <translation>Wird beendet…</translation>
        </message>
        <message>
            <source>File</source>
            <translation>Datei</translation>
        </message>
        <message>
            <source>&amp;File</source>
            <translation>&amp;Datei</translation>
        </message>
        <message>
            <source>Importing</source>
            <translation>Import läuft</translation>
        </message>
    </context>
    <context>
        <name>KeyDialog</name>
        <message>
            <source>&amp;Domain</source>
            <translation>&amp;Domain</translation>
        </message>
        <message>
            <source>What stands behind the @ of the sender, such as example.com.</source>
            <translation>Was hinter dem @ des Absenders steht, etwa example.com.</translation>
        </message>
        <message>
            <source>&amp;Selector</source>
            <translation>&amp;Selektor</translation>
        </message>
        <message>
            <source>A word of your choice that tells several keys of a domain apart.</source>
            <translation>Ein Wort Ihrer Wahl, das mehrere Schlüssel einer Domain unterscheidet.</translation>
        </message>
        <message>
            <source>Make a DKIM key</source>
            <translation>DKIM-Schlüssel erzeugen</translation>
        </message>
        <message>
            <source>&amp;Make key</source>
            <translation>Schlüssel &amp;erzeugen</translation>
        </message>
        <message>
            <source>&amp;File</source>
            <translation>&amp;Datei</translation>
        </message>
        <message>
            <source>Use a DKIM key</source>
            <translation>DKIM-Schlüssel verwenden</translation>
        </message>
        <message>
            <source>&amp;Use key</source>
            <translation>Schlüssel &amp;verwenden</translation>
        </message>
    </context>
    <context>
        <name>LabPanel</name>
        <message>
            <source> days</source>
            <translation> Tage</translation>
        </message>
        <message>
            <source>Days whose replies are replayed</source>
            <translation>Tage, deren Antworten nachgespielt werden</translation>
        </message>
        <message>
            <source>Replies of the last</source>
            <translation>Antworten der letzten</translation>
        </message>
        <message>
            <source>Re&amp;play</source>
            <translation>&amp;Nachspielen</translation>
        </message>
        <message>
            <source>Replies that would be decided otherwise</source>
            <translation>Antworten, über die anders entschieden würde</translation>
        </message>
        <message>
            <source>Every reply that refused something is decided once as things are and once with this rule in force.</source>
            <translation>Über jede Antwort, die etwas ablehnte, wird einmal entschieden, wie es jetzt ist, und einmal mit dieser Regel in Kraft.</translation>
        </message>
        <message>
            <source>No replies were kept in these days: nothing can be said.</source>
            <translation>Aus diesen Tagen sind keine Antworten da: Nichts lässt sich sagen.</translation>
        </message>
        <message numerus="yes">
            <source>No reply would be decided otherwise; %Ln replayed.</source>
            <translation>
                <numerusform>Über keine Antwort würde anders entschieden; %Ln nachgespielt.</numerusform>
                <numerusform>Über keine Antwort würde anders entschieden; %Ln nachgespielt.</numerusform>
            </translation>
        </message>
        <message>
            <source>{} of {} replies would be decided otherwise: {}</source>
            <translation>Über {} von {} Antworten würde anders entschieden: {}</translation>
        </message>
    </context>
    <context>
        <name>LimitsTab</name>
        <message>
            <source>Limits of the stream</source>
            <translation>Grenzen des Streams</translation>
        </message>
        <message>
            <source>&amp;Add limit</source>
            <translation>Grenze &amp;hinzufügen</translation>
        </message>
        <message>
            <source>&amp;Remove</source>
            <translation>E&amp;ntfernen</translation>
        </message>
        <message>
            <source>Google, or example.com</source>
            <translation>Google oder example.com</translation>
        </message>
        <message>
            <source>Provider or domain</source>
            <translation>Anbieter oder Domain</translation>
        </message>
        <message>
            <source>Effective &amp;at</source>
            <translation>&amp;Wirksam bei</translation>
        </message>
        <message>
            <source>Of all limits that apply, the smallest wins. Empty cells set no limit.</source>
            <translation>Von allen Grenzen, die gelten, gewinnt die kleinste. Leere Felder setzen keine Grenze.</translation>
        </message>
        <message>
            <source>{} connections</source>
            <translation>{} Verbindungen</translation>
        </message>
        <message>
            <source>{} connections/h</source>
            <translation>{} Verbindungen/h</translation>
        </message>
        <message>
            <source>{} messages/connection</source>
            <translation>{} Nachrichten/Verbindung</translation>
        </message>
        <message>
            <source>{} messages/h</source>
            <translation>{} Nachrichten/h</translation>
        </message>
        <message>
            <source>server</source>
            <translation>Server</translation>
        </message>
        <message>
            <source>this stream</source>
            <translation>dieser Stream</translation>
        </message>
        <message>
            <source>no limit but the settings' defaults</source>
            <translation>keine Grenze außer den Vorgaben der Einstellungen</translation>
        </message>
    </context>
    <context>
        <name>ListDialog</name>
        <message>
            <source>&amp;Name</source>
            <translation>&amp;Name</translation>
        </message>
        <message>
            <source>S&amp;ite</source>
            <translation>S&amp;ite</translation>
        </message>
        <message>
            <source>&amp;Description</source>
            <translation>&amp;Beschreibung</translation>
        </message>
        <message>
            <source>&amp;From name</source>
            <translation>A&amp;bsendername</translation>
        </message>
        <message>
            <source>From &amp;address</source>
            <translation>Absender&amp;adresse</translation>
        </message>
        <message>
            <source>Mailings to this list start with these; each can have its own.</source>
            <translation>Mailings an diese Liste beginnen hiermit; jedes kann Eigenes haben.</translation>
        </message>
        <message>
            <source>&amp;List-ID</source>
            <translation>&amp;List-ID</translation>
        </message>
        <message>
            <source>Such as readers.lists.example.com (RFC 2919); made of name and site when empty.</source>
            <translation>Etwa readers.lists.example.com (RFC 2919); leer: aus Name und Site gebildet.</translation>
        </message>
        <message>
            <source>&amp;Unsubscribe at</source>
            <translation>Ab&amp;melden bei</translation>
        </message>
        <message>
            <source>An https address; one-click unsubscribing (RFC 8058) is what large providers ask for.</source>
            <translation>Eine https-Adresse; Abmelden mit einem Klick (RFC 8058) verlangen große Anbieter.</translation>
        </message>
        <message>
            <source>Unsubscribe &amp;by mail to</source>
            <translation>Abmelden per &amp;Mail an</translation>
        </message>
        <message>
            <source>Edit list</source>
            <translation>Liste bearbeiten</translation>
        </message>
        <message>
            <source>&amp;Save</source>
            <translation>&amp;Speichern</translation>
        </message>
        <message>
            <source>New list</source>
            <translation>Neue Liste</translation>
        </message>
        <message>
            <source>&amp;Create list</source>
            <translation>Liste &amp;anlegen</translation>
        </message>
    </context>
    <context>
        <name>ListsPage</name>
        <message>
            <source>Part of an address or a name</source>
            <translation>Teil einer Adresse oder eines Namens</translation>
        </message>
        <message>
            <source>&lt;p&gt;A site is an internet host name that groups lists; a list has members; a segment is a saved selection of a list's members.&lt;/p&gt;&lt;p&gt;F2 edits what is selected, Delete removes it. Removing and suppressing members can be undone for as long as the window is open. A &lt;b&gt;suppressed&lt;/b&gt; member stays in the list and gets no mail.&lt;/p&gt;</source>
            <translation>&lt;p&gt;Eine Site ist ein Hostname im Internet, der Listen zusammenfasst; eine Liste hat Mitglieder; ein Segment ist eine gespeicherte Auswahl der Mitglieder einer Liste.&lt;/p&gt;&lt;p&gt;F2 bearbeitet, was ausgewählt ist, Entf entfernt es. Entfernen und Ausschließen von Mitgliedern lässt sich rückgängig machen, solange das Fenster offen ist. Ein &lt;b&gt;ausgeschlossenes&lt;/b&gt; Mitglied bleibt in der Liste und bekommt keine Mail.&lt;/p&gt;</translation>
        </message>
        <message>
            <source>Sites, lists and segments</source>
            <translation>Sites, Listen und Segmente</translation>
        </message>
        <message>
            <source>No lists yet</source>
            <translation>Noch keine Listen</translation>
        </message>
        <message>
            <source>Lists belong to a site, such as lists.example.com. Make the site first.</source>
            <translation>Listen gehören zu einer Site, etwa lists.example.com. Legen Sie zuerst die Site an.</translation>
        </message>
        <message>
            <source>New &amp;list…</source>
            <translation>Neue &amp;Liste…</translation>
        </message>
        <message>
            <source>New &amp;segment…</source>
            <translation>Neues &amp;Segment…</translation>
        </message>
        <message>
            <source>New s&amp;ite…</source>
            <translation>Neue S&amp;ite…</translation>
        </message>
        <message>
            <source>I&amp;mport members…</source>
            <translation>Mitglieder i&amp;mportieren…</translation>
        </message>
        <message>
            <source>&amp;Add member…</source>
            <translation>&amp;Mitglied hinzufügen…</translation>
        </message>
        <message>
            <source>E&amp;xport members…</source>
            <translation>Mitglieder e&amp;xportieren…</translation>
        </message>
        <message>
            <source>&amp;Edit…</source>
            <translation>&amp;Bearbeiten…</translation>
        </message>
        <message>
            <source>&amp;Delete…</source>
            <translation>&amp;Löschen…</translation>
        </message>
        <message>
            <source>Edit mem&amp;ber…</source>
            <translation>Mitglied &amp;bearbeiten…</translation>
        </message>
        <message>
            <source>Su&amp;ppress members…</source>
            <translation>Mitglieder &amp;ausschließen…</translation>
        </message>
        <message>
            <source>&amp;Remove members</source>
            <translation>Mitglieder &amp;entfernen</translation>
        </message>
        <message>
            <source>It must not have lists any more.</source>
            <translation>Sie darf keine Listen mehr haben.</translation>
        </message>
        <message numerus="yes">
            <source>%Ln member(s), its segments and its suppressions go with it. This can't be undone.</source>
            <translation>
                <numerusform>%Ln Mitglied, ihre Segmente und ihre Ausschlüsse gehen mit. Das lässt sich nicht rückgängig machen.</numerusform>
                <numerusform>%Ln Mitglieder, ihre Segmente und ihre Ausschlüsse gehen mit. Das lässt sich nicht rückgängig machen.</numerusform>
            </translation>
        </message>
        <message>
            <source>The members stay. Mailings that have started keep their recipients.</source>
            <translation>Die Mitglieder bleiben. Begonnene Mailings behalten ihre Empfänger.</translation>
        </message>
        <message>
            <source>Delete {} {}?</source>
            <translation>{} {} löschen?</translation>
        </message>
        <message>
            <source>&amp;Delete {}</source>
            <translation>{} &amp;löschen</translation>
        </message>
        <message>
            <source>Keep it</source>
            <translation>Behalten</translation>
        </message>
        <message>
            <source>Deleted {}</source>
            <translation>{} gelöscht</translation>
        </message>
        <message>
            <source>Made {}</source>
            <translation>{} angelegt</translation>
        </message>
        <message>
            <source>Make {}</source>
            <translation>{} anlegen</translation>
        </message>
        <message>
            <source>Added {}</source>
            <translation>{} hinzugefügt</translation>
        </message>
        <message numerus="yes">
            <source>Removed %Ln member(s)</source>
            <translation>
                <numerusform>%Ln Mitglied entfernt</numerusform>
                <numerusform>%Ln Mitglieder entfernt</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>Suppressed %Ln member(s)</source>
            <translation>
                <numerusform>%Ln Mitglied ausgeschlossen</numerusform>
                <numerusform>%Ln Mitglieder ausgeschlossen</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln mailbox(es) may be mailed again</source>
            <translation>
                <numerusform>%Ln Postfach darf wieder Mail bekommen</numerusform>
                <numerusform>%Ln Postfächer dürfen wieder Mail bekommen</numerusform>
            </translation>
        </message>
        <message>
            <source>Export members</source>
            <translation>Mitglieder exportieren</translation>
        </message>
        <message>
            <source>CSV (*.csv)</source>
            <translation>CSV (*.csv)</translation>
        </message>
        <message numerus="yes">
            <source>Exported %Ln member(s)</source>
            <translation>
                <numerusform>%Ln Mitglied exportiert</numerusform>
                <numerusform>%Ln Mitglieder exportiert</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>MailingPanel</name>
        <message>
            <source>&amp;Recipients</source>
            <translation>&amp;Empfänger</translation>
        </message>
        <message>
            <source>Domains of the mailing</source>
            <translation>Domains des Mailings</translation>
        </message>
        <message>
            <source>&amp;Domains</source>
            <translation>&amp;Domains</translation>
        </message>
        <message>
            <source>Last replies</source>
            <translation>Letzte Antworten</translation>
        </message>
        <message>
            <source>&amp;Last replies</source>
            <translation>&amp;Letzte Antworten</translation>
        </message>
        <message>
            <source>Not started</source>
            <translation>Nicht begonnen</translation>
        </message>
        <message>
            <source>To {}</source>
            <translation>An {}</translation>
        </message>
        <message>
            <source>over stream {} ({})</source>
            <translation>über Stream {} ({})</translation>
        </message>
        <message>
            <source>starts at {}</source>
            <translation>beginnt {}</translation>
        </message>
        <message>
            <source>{}, {} left</source>
            <translation>{}, noch {}</translation>
        </message>
        <message>
            <source>at most {} an hour</source>
            <translation>höchstens {} je Stunde</translation>
        </message>
        <message>
            <source>expires {}</source>
            <translation>läuft ab {}</translation>
        </message>
        <message>
            <source>Mail to {} waits: {}</source>
            <translation>Mail an {} wartet: {}</translation>
        </message>
        <message>
            <source>Resume there</source>
            <translation>Dort fortsetzen</translation>
        </message>
        <message numerus="yes">
            <source>Of %Ln recipient(s) nobody knows whether they got the message.</source>
            <translation>
                <numerusform>Von %Ln Empfänger weiß niemand, ob er die Nachricht bekam.</numerusform>
                <numerusform>Von %Ln Empfängern weiß niemand, ob sie die Nachricht bekamen.</numerusform>
            </translation>
        </message>
        <message>
            <source>Show and decide</source>
            <translation>Zeigen und entscheiden</translation>
        </message>
    </context>
    <context>
        <name>MailingWizard</name>
        <message>
            <source>Edit mailing</source>
            <translation>Mailing bearbeiten</translation>
        </message>
        <message>
            <source>New mailing</source>
            <translation>Neues Mailing</translation>
        </message>
        <message>
            <source>No preview yet: {}</source>
            <translation>Noch keine Vorschau: {}</translation>
        </message>
        <message>
            <source>Choose a message</source>
            <translation>Nachricht wählen</translation>
        </message>
        <message>
            <source>Messages (*.eml);;All files (*)</source>
            <translation>Nachrichten (*.eml);;Alle Dateien (*)</translation>
        </message>
        <message>
            <source>&amp;Start now</source>
            <translation>&amp;Jetzt starten</translation>
        </message>
        <message>
            <source>&amp;Schedule</source>
            <translation>Ein&amp;planen</translation>
        </message>
        <message numerus="yes">
            <source>Started {} to %Ln recipient(s)</source>
            <translation>
                <numerusform>{} an %Ln Empfänger gestartet</numerusform>
                <numerusform>{} an %Ln Empfänger gestartet</numerusform>
            </translation>
        </message>
        <message>
            <source>{} is scheduled</source>
            <translation>{} ist eingeplant</translation>
        </message>
        <message>
            <source>Saved the draft {}</source>
            <translation>Entwurf {} gespeichert</translation>
        </message>
        <message>
            <source>A test goes to {}. The mailing is saved as a draft.</source>
            <translation>Ein Test geht an {}. Das Mailing ist als Entwurf gespeichert.</translation>
        </message>
        <message>
            <source>{} What you typed is still here.</source>
            <translation>{} Was Sie getippt haben, steht noch da.</translation>
        </message>
        <message>
            <source>Leave this mailing?</source>
            <translation>Dieses Mailing verlassen?</translation>
        </message>
        <message>
            <source>What you wrote is not saved yet.</source>
            <translation>Was Sie geschrieben haben, ist noch nicht gespeichert.</translation>
        </message>
        <message>
            <source>&amp;Save draft</source>
            <translation>Entwurf &amp;speichern</translation>
        </message>
        <message>
            <source>&amp;Discard changes</source>
            <translation>Änderungen &amp;verwerfen</translation>
        </message>
        <message>
            <source>Keep writing</source>
            <translation>Weiter schreiben</translation>
        </message>
    </context>
    <context>
        <name>MailingsPage</name>
        <message>
            <source>Name, list, segment or stream</source>
            <translation>Name, Liste, Segment oder Stream</translation>
        </message>
        <message>
            <source>&lt;p&gt;A mailing is one message to one list or segment over one stream. Enter opens a draft in the wizard, and shows the domains of one that was started.&lt;/p&gt;&lt;p&gt;The bar shows what became of the recipients: delivered, failed, in doubt, held, waiting. &lt;b&gt;Held&lt;/b&gt; recipients wait because every address of the stream is refused by their provider; they go on by themselves once one is not. Of recipients &lt;b&gt;in doubt&lt;/b&gt; nobody knows whether they got the message: the connection broke before the answer came.&lt;/p&gt;</source>
            <translation>&lt;p&gt;Ein Mailing ist eine Nachricht an eine Liste oder ein Segment über einen Stream. Enter öffnet einen Entwurf im Assistenten und zeigt die Domains eines begonnenen.&lt;/p&gt;&lt;p&gt;Der Balken zeigt, was aus den Empfängern wurde: zugestellt, gescheitert, ungewiss, zurückgehalten, wartend. &lt;b&gt;Zurückgehaltene&lt;/b&gt; Empfänger warten, weil ihr Anbieter jede Adresse des Streams ablehnt; sie gehen von selbst weiter, sobald eine nicht mehr abgelehnt wird. Von &lt;b&gt;ungewissen&lt;/b&gt; Empfängern weiß niemand, ob sie die Nachricht bekamen: Die Verbindung brach ab, bevor die Antwort kam.&lt;/p&gt;</translation>
        </message>
        <message>
            <source>Mailings</source>
            <translation>Mailings</translation>
        </message>
        <message>
            <source>No mailings yet</source>
            <translation>Noch keine Mailings</translation>
        </message>
        <message>
            <source>A mailing sends one message to a list or a segment. The wizard leads you through it.</source>
            <translation>Ein Mailing sendet eine Nachricht an eine Liste oder ein Segment. Der Assistent führt Sie hindurch.</translation>
        </message>
        <message>
            <source>&amp;New mailing…</source>
            <translation>&amp;Neues Mailing…</translation>
        </message>
        <message>
            <source>&amp;Edit…</source>
            <translation>&amp;Bearbeiten…</translation>
        </message>
        <message>
            <source>Edit the draft</source>
            <translation>Den Entwurf bearbeiten</translation>
        </message>
        <message>
            <source>&amp;Pause</source>
            <translation>&amp;Pausieren</translation>
        </message>
        <message>
            <source>Hand out no more recipients for now</source>
            <translation>Vorerst keine Empfänger mehr ausgeben</translation>
        </message>
        <message>
            <source>Res&amp;ume</source>
            <translation>&amp;Fortsetzen</translation>
        </message>
        <message>
            <source>&amp;Stop…</source>
            <translation>&amp;Anhalten…</translation>
        </message>
        <message>
            <source>&amp;Move…</source>
            <translation>&amp;Umziehen…</translation>
        </message>
        <message>
            <source>&amp;Copy</source>
            <translation>&amp;Kopieren</translation>
        </message>
        <message>
            <source>A new draft with the same message</source>
            <translation>Ein neuer Entwurf mit derselben Nachricht</translation>
        </message>
        <message>
            <source>&amp;Why not sent?</source>
            <translation>&amp;Warum nicht gesendet?</translation>
        </message>
        <message>
            <source>What keeps a recipient or a domain from getting the message</source>
            <translation>Was einen Empfänger oder eine Domain hindert, die Nachricht zu bekommen</translation>
        </message>
        <message>
            <source>E&amp;xport recipients…</source>
            <translation>Empfänger e&amp;xportieren…</translation>
        </message>
        <message>
            <source>Make a &amp;draft again</source>
            <translation>Wieder zum &amp;Entwurf machen</translation>
        </message>
        <message>
            <source>De&amp;lete draft…</source>
            <translation>Entwurf &amp;löschen…</translation>
        </message>
        <message>
            <source>Paused {}</source>
            <translation>{} pausiert</translation>
        </message>
        <message>
            <source>Resumed {}</source>
            <translation>{} fortgesetzt</translation>
        </message>
        <message>
            <source>{} is a draft again</source>
            <translation>{} ist wieder ein Entwurf</translation>
        </message>
        <message>
            <source>&amp;Stop and end them</source>
            <translation>Anhalten und sie &amp;beenden</translation>
        </message>
        <message>
            <source>Stop and &amp;keep them</source>
            <translation>Anhalten und sie be&amp;halten</translation>
        </message>
        <message numerus="yes">
            <source>Stop {}? What becomes of the %Ln waiting recipient(s)?</source>
            <translation>
                <numerusform>{} anhalten? Was wird aus dem %Ln wartenden Empfänger?</numerusform>
                <numerusform>{} anhalten? Was wird aus den %Ln wartenden Empfängern?</numerusform>
            </translation>
        </message>
        <message>
            <source>Kept, they wait until the mailing is resumed. Ended, they never get this message, which can't be taken back. Recipients in flight finish.</source>
            <translation>Behalten warten sie, bis das Mailing fortgesetzt wird. Beendet bekommen sie diese Nachricht nie, was sich nicht zurücknehmen lässt. Empfänger, die unterwegs sind, enden.</translation>
        </message>
        <message>
            <source>Don't stop</source>
            <translation>Nicht anhalten</translation>
        </message>
        <message>
            <source>Stop {}</source>
            <translation>{} anhalten</translation>
        </message>
        <message>
            <source>Stopped {}</source>
            <translation>{} angehalten</translation>
        </message>
        <message>
            <source>Move {}</source>
            <translation>{} umziehen</translation>
        </message>
        <message>
            <source>Moved {} to another stream</source>
            <translation>{} zu einem anderen Stream umgezogen</translation>
        </message>
        <message>
            <source>Copy {}</source>
            <translation>{} kopieren</translation>
        </message>
        <message>
            <source>Made the draft {}</source>
            <translation>Entwurf {} angelegt</translation>
        </message>
        <message>
            <source>Delete the draft {}?</source>
            <translation>Entwurf {} löschen?</translation>
        </message>
        <message>
            <source>Its message is lost.</source>
            <translation>Seine Nachricht ist dann verloren.</translation>
        </message>
        <message>
            <source>&amp;Delete draft</source>
            <translation>Entwurf &amp;löschen</translation>
        </message>
        <message>
            <source>Keep it</source>
            <translation>Behalten</translation>
        </message>
        <message>
            <source>Deleted the draft {}</source>
            <translation>Entwurf {} gelöscht</translation>
        </message>
        <message>
            <source>Export recipients</source>
            <translation>Empfänger exportieren</translation>
        </message>
        <message>
            <source>CSV (*.csv)</source>
            <translation>CSV (*.csv)</translation>
        </message>
        <message numerus="yes">
            <source>Exported %Ln recipient(s)</source>
            <translation>
                <numerusform>%Ln Empfänger exportiert</numerusform>
                <numerusform>%Ln Empfänger exportiert</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln recipient(s) count as delivered</source>
            <translation>
                <numerusform>%Ln Empfänger gilt als zugestellt</numerusform>
                <numerusform>%Ln Empfänger gelten als zugestellt</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln recipient(s) are sent the message again</source>
            <translation>
                <numerusform>%Ln Empfänger bekommt die Nachricht noch einmal</numerusform>
                <numerusform>%Ln Empfänger bekommen die Nachricht noch einmal</numerusform>
            </translation>
        </message>
        <message>
            <source>Mail goes there again</source>
            <translation>Dorthin geht wieder Mail</translation>
        </message>
    </context>
    <context>
        <name>MainWindow</name>
        <message>
            <source>MailStreams: rehearsal</source>
            <translation>MailStreams: Übung</translation>
        </message>
        <message>
            <source>Page actions</source>
            <translation>Aktionen der Seite</translation>
        </message>
        <message>
            <source>&amp;File</source>
            <translation>&amp;Datei</translation>
        </message>
        <message>
            <source>&amp;Go to…</source>
            <translation>&amp;Gehe zu…</translation>
        </message>
        <message>
            <source>&amp;Leave the rehearsal</source>
            <translation>Die &amp;Übung verlassen</translation>
        </message>
        <message>
            <source>&amp;Look around with the rehearsal network</source>
            <translation>Im Übungsnetz &amp;umsehen</translation>
        </message>
        <message>
            <source>&amp;Close window</source>
            <translation>&amp;Fenster schließen</translation>
        </message>
        <message>
            <source>&amp;Quit</source>
            <translation>&amp;Beenden</translation>
        </message>
        <message>
            <source>&amp;Edit</source>
            <translation>&amp;Bearbeiten</translation>
        </message>
        <message>
            <source>&amp;Undo</source>
            <translation>&amp;Rückgängig</translation>
        </message>
        <message>
            <source>&amp;Filter</source>
            <translation>&amp;Filtern</translation>
        </message>
        <message>
            <source>&amp;View</source>
            <translation>&amp;Ansicht</translation>
        </message>
        <message>
            <source>&amp;Refresh</source>
            <translation>Akt&amp;ualisieren</translation>
        </message>
        <message>
            <source>&amp;Page</source>
            <translation>&amp;Seite</translation>
        </message>
        <message>
            <source>E&amp;ngine</source>
            <translation>E&amp;ngine</translation>
        </message>
        <message>
            <source>&amp;Start sending</source>
            <translation>Senden &amp;beginnen</translation>
        </message>
        <message>
            <source>&amp;Finish open mail and stop</source>
            <translation>Offene Mail &amp;fertig senden und anhalten</translation>
        </message>
        <message>
            <source>&amp;Help</source>
            <translation>&amp;Hilfe</translation>
        </message>
        <message>
            <source>&amp;Help for this page</source>
            <translation>&amp;Hilfe zu dieser Seite</translation>
        </message>
        <message>
            <source>&amp;About MailStreams</source>
            <translation>&amp;Über MailStreams</translation>
        </message>
        <message>
            <source>Undone: {}</source>
            <translation>Rückgängig gemacht: {}</translation>
        </message>
        <message>
            <source>&amp;Undo: {}</source>
            <translation>&amp;Rückgängig: {}</translation>
        </message>
        <message>
            <source>{} What is shown may be old.</source>
            <translation>{} Was zu sehen ist, kann veraltet sein.</translation>
        </message>
        <message>
            <source>Try again</source>
            <translation>Erneut versuchen</translation>
        </message>
        <message>
            <source>This did not work: a fault of the program ({}). The log file has the details.</source>
            <translation>Das gelang nicht: ein Fehler des Programms ({}). Die Logdatei hat die Einzelheiten.</translation>
        </message>
        <message>
            <source>The database is busy. What you did waits for it; the window shows what was known last.</source>
            <translation>Die Datenbank ist beschäftigt. Was Sie getan haben, wartet auf sie; das Fenster zeigt, was zuletzt bekannt war.</translation>
        </message>
        <message>
            <source>The engine ended: {}</source>
            <translation>Die Engine endete: {}</translation>
        </message>
        <message>
            <source>it gave no reason; the log file may.</source>
            <translation>sie nannte keinen Grund; vielleicht die Logdatei.</translation>
        </message>
        <message>
            <source>Start again</source>
            <translation>Wieder starten</translation>
        </message>
        <message numerus="yes">
            <source>%Ln open block(s)</source>
            <translation>
                <numerusform>%Ln offene Sperre</numerusform>
                <numerusform>%Ln offene Sperren</numerusform>
            </translation>
        </message>
        <message>
            <source>MailStreams ended unexpectedly last time. A report was written.</source>
            <translation>MailStreams endete beim letzten Mal unerwartet. Ein Bericht wurde geschrieben.</translation>
        </message>
        <message>
            <source>Show report</source>
            <translation>Bericht zeigen</translation>
        </message>
    </context>
    <context>
        <name>MatrixModel</name>
        <message>
            <source>{}/h</source>
            <translation>{}/h</translation>
        </message>
        <message>
            <source>{address} at {provider}</source>
            <translation>{address} bei {provider}</translation>
        </message>
        <message>
            <source>{}: no mail, no block</source>
            <translation>{}: keine Mail, keine Sperre</translation>
        </message>
        <message>
            <source>open</source>
            <translation>offen</translation>
        </message>
        <message numerus="yes">
            <source>{delivered} delivered and {refused} refused in the last %Ln hour(s)</source>
            <translation>
                <numerusform>{delivered} zugestellt und {refused} abgelehnt in der letzten %Ln Stunde</numerusform>
                <numerusform>{delivered} zugestellt und {refused} abgelehnt in den letzten %Ln Stunden</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>MatrixTab</name>
        <message>
            <source>There is nothing to compare yet</source>
            <translation>Noch gibt es nichts zu vergleichen</translation>
        </message>
        <message>
            <source>Once mail was sent, each sending address is shown at each provider, with its state and rate.</source>
            <translation>Ist einmal Mail gesendet, wird jede Sendeadresse bei jedem Anbieter gezeigt, mit Zustand und Rate.</translation>
        </message>
        <message>
            <source>Messages delivered an hour, over the last day. Click a cell to see its blocks.</source>
            <translation>Zugestellte Nachrichten je Stunde, im letzten Tag. Ein Klick auf eine Zelle zeigt ihre Sperren.</translation>
        </message>
        <message>
            <source>Open</source>
            <translation>Offen</translation>
        </message>
    </context>
    <context>
        <name>MatrixView</name>
        <message>
            <source>Sending addresses by providers</source>
            <translation>Sendeadressen nach Anbietern</translation>
        </message>
    </context>
    <context>
        <name>MemberDialog</name>
        <message>
            <source>&amp;Address</source>
            <translation>&amp;Adresse</translation>
        </message>
        <message>
            <source>&amp;Name</source>
            <translation>&amp;Name</translation>
        </message>
        <message>
            <source>Name of a new field</source>
            <translation>Name eines neuen Felds</translation>
        </message>
        <message>
            <source>New &amp;field</source>
            <translation>Neues &amp;Feld</translation>
        </message>
        <message>
            <source>Its value</source>
            <translation>Sein Wert</translation>
        </message>
        <message>
            <source>… call&amp;ed</source>
            <translation>… gena&amp;nnt</translation>
        </message>
        <message>
            <source>Edit member</source>
            <translation>Mitglied bearbeiten</translation>
        </message>
        <message>
            <source>&amp;Save</source>
            <translation>&amp;Speichern</translation>
        </message>
        <message>
            <source>New member of {}</source>
            <translation>Neues Mitglied von {}</translation>
        </message>
        <message>
            <source>&amp;Add member</source>
            <translation>Mitglied &amp;hinzufügen</translation>
        </message>
    </context>
    <context>
        <name>MembersPanel</name>
        <message>
            <source>Members</source>
            <translation>Mitglieder</translation>
        </message>
        <message>
            <source>Nobody here yet</source>
            <translation>Noch niemand hier</translation>
        </message>
        <message>
            <source>Import members from a CSV file, or add them one by one.</source>
            <translation>Importieren Sie Mitglieder aus einer CSV-Datei, oder fügen Sie sie einzeln hinzu.</translation>
        </message>
        <message>
            <source>Suppressed mailboxes</source>
            <translation>Ausgeschlossene Postfächer</translation>
        </message>
        <message>
            <source>Mail &amp;again</source>
            <translation>&amp;Wieder mailen</translation>
        </message>
        <message>
            <source>&amp;Members</source>
            <translation>&amp;Mitglieder</translation>
        </message>
        <message>
            <source>S&amp;uppressed</source>
            <translation>A&amp;usgeschlossene</translation>
        </message>
        <message>
            <source>These mailboxes get no mail of this list, whoever imports them again.</source>
            <translation>Diese Postfächer bekommen keine Mail dieser Liste, wer auch immer sie wieder importiert.</translation>
        </message>
        <message>
            <source>Choose a list or a segment at the left.</source>
            <translation>Wählen Sie links eine Liste oder ein Segment.</translation>
        </message>
        <message numerus="yes">
            <source>%Ln list(s)</source>
            <translation>
                <numerusform>%Ln Liste</numerusform>
                <numerusform>%Ln Listen</numerusform>
            </translation>
        </message>
        <message>
            <source>{} of {}</source>
            <translation>{} von {}</translation>
        </message>
        <message numerus="yes">
            <source>%Ln member(s)</source>
            <translation>
                <numerusform>%Ln Mitglied</numerusform>
                <numerusform>%Ln Mitglieder</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln segment(s)</source>
            <translation>
                <numerusform>%Ln Segment</numerusform>
                <numerusform>%Ln Segmente</numerusform>
            </translation>
        </message>
        <message>
            <source> · goes over stream {}</source>
            <translation> · geht über Stream {}</translation>
        </message>
    </context>
    <context>
        <name>MessageStep</name>
        <message>
            <source>Mailing &amp;name</source>
            <translation>&amp;Name des Mailings</translation>
        </message>
        <message>
            <source>S&amp;ubject</source>
            <translation>B&amp;etreff</translation>
        </message>
        <message>
            <source>&amp;From name</source>
            <translation>A&amp;bsendername</translation>
        </message>
        <message>
            <source>From &amp;address</source>
            <translation>Absender&amp;adresse</translation>
        </message>
        <message>
            <source>Text of the message</source>
            <translation>Text der Nachricht</translation>
        </message>
        <message>
            <source>HTML of the message</source>
            <translation>HTML der Nachricht</translation>
        </message>
        <message>
            <source>Replies to</source>
            <translation>Antworten an</translation>
        </message>
        <message>
            <source>Unsubscribe at</source>
            <translation>Abmelden bei</translation>
        </message>
        <message>
            <source>An https address; merge fields may stand in it, such as {{address}}.</source>
            <translation>Eine https-Adresse; Seriendruckfelder wie {{address}} dürfen darin stehen.</translation>
        </message>
        <message>
            <source>Unsubscribe by mail to</source>
            <translation>Abmelden per Mail an</translation>
        </message>
        <message>
            <source>List-ID</source>
            <translation>List-ID</translation>
        </message>
        <message>
            <source>Bounces go to</source>
            <translation>Unzustellbares geht an</translation>
        </message>
        <message>
            <source>A bounce address of its own for each recipient (VERP)</source>
            <translation>Für jeden Empfänger eine eigene Rücklaufadresse (VERP)</translation>
        </message>
        <message>
            <source>No file</source>
            <translation>Keine Datei</translation>
        </message>
        <message>
            <source>Choose an .eml &amp;file…</source>
            <translation>.eml-&amp;Datei wählen…</translation>
        </message>
        <message>
            <source>Write the message here instead</source>
            <translation>Stattdessen die Nachricht hier schreiben</translation>
        </message>
        <message>
            <source>The file that was given before</source>
            <translation>Die zuvor gewählte Datei</translation>
        </message>
        <message>
            <source>{} (from the list)</source>
            <translation>{} (von der Liste)</translation>
        </message>
        <message>
            <source>No file is chosen.</source>
            <translation>Keine Datei gewählt.</translation>
        </message>
        <message>
            <source>{}, {}</source>
            <translation>{}, {}</translation>
        </message>
        <message>
            <source>That of the file</source>
            <translation>Der aus der Datei</translation>
        </message>
        <message>
            <source>Merge fields are written {{name}} or {{name|dear reader}}.</source>
            <translation>Seriendruckfelder schreibt man {{name}} oder {{name|liebe Leser}}.</translation>
        </message>
        <message>
            <source>A file carries the whole message, attachments included. Its sender is replaced by yours.</source>
            <translation>Eine Datei trägt die ganze Nachricht, samt Anhängen. Ihr Absender wird durch Ihren ersetzt.</translation>
        </message>
        <message>
            <source>&amp;Text</source>
            <translation>&amp;Text</translation>
        </message>
        <message>
            <source>&amp;HTML</source>
            <translation>&amp;HTML</translation>
        </message>
        <message>
            <source>Fi&amp;le</source>
            <translation>Date&amp;i</translation>
        </message>
        <message>
            <source>Unsubscribin&amp;g, bounces</source>
            <translation>Abmeldun&amp;g, Rückläufer</translation>
        </message>
    </context>
    <context>
        <name>MoveDialog</name>
        <message>
            <source>Move to another stream</source>
            <translation>Zu einem anderen Stream umziehen</translation>
        </message>
        <message>
            <source>&amp;Move mailing</source>
            <translation>Mailing &amp;umziehen</translation>
        </message>
        <message>
            <source>{} ({})</source>
            <translation>{} ({})</translation>
        </message>
        <message numerus="yes">
            <source>%Ln address(es)</source>
            <translation>
                <numerusform>%Ln Adresse</numerusform>
                <numerusform>%Ln Adressen</numerusform>
            </translation>
        </message>
        <message>
            <source>&amp;Stream</source>
            <translation>&amp;Stream</translation>
        </message>
        <message numerus="yes">
            <source>%Ln waiting recipient(s) of {} move. What is in flight finishes where it is.</source>
            <translation>
                <numerusform>%Ln wartender Empfänger von {} zieht um. Was unterwegs ist, endet, wo es ist.</numerusform>
                <numerusform>%Ln wartende Empfänger von {} ziehen um. Was unterwegs ist, endet, wo es ist.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln recipient(s) would be held there: every address is refused by {}.</source>
            <translation>
                <numerusform>%Ln Empfänger würde dort zurückgehalten: {} lehnt jede Adresse ab.</numerusform>
                <numerusform>%Ln Empfänger würden dort zurückgehalten: {} lehnt jede Adresse ab.</numerusform>
            </translation>
        </message>
        <message>
            <source>Some of its addresses are refused by {}; the others carry the mail.</source>
            <translation>Einige seiner Adressen werden von {} abgelehnt; die anderen tragen die Mail.</translation>
        </message>
    </context>
    <context>
        <name>NowTab</name>
        <message>
            <source>Show all blocks</source>
            <translation>Alle Sperren zeigen</translation>
        </message>
        <message>
            <source>No address is blocked anywhere</source>
            <translation>Nirgends ist eine Adresse gesperrt</translation>
        </message>
        <message>
            <source>When a provider refuses one of your addresses, it stands here with the reason and what you can do.</source>
            <translation>Lehnt ein Anbieter eine Ihrer Adressen ab, steht das hier, mit dem Grund und dem, was Sie tun können.</translation>
        </message>
        <message>
            <source>No block is like that</source>
            <translation>Keine Sperre ist so</translation>
        </message>
        <message>
            <source>Nothing that is blocked now matches the filter.</source>
            <translation>Nichts, was jetzt gesperrt ist, passt zum Filter.</translation>
        </message>
        <message>
            <source>Rule {} is gone.</source>
            <translation>Regel {} gibt es nicht mehr.</translation>
        </message>
        <message numerus="yes">
            <source>Clear all %Ln block(s)…</source>
            <translation>
                <numerusform>%Ln Sperre aufheben…</numerusform>
                <numerusform>Alle %Ln Sperren aufheben…</numerusform>
            </translation>
        </message>
        <message>
            <source>Open all groups</source>
            <translation>Alle Gruppen öffnen</translation>
        </message>
        <message>
            <source>Close all groups</source>
            <translation>Alle Gruppen schließen</translation>
        </message>
    </context>
    <context>
        <name>OptionWidget</name>
        <message>
            <source>Back to the default</source>
            <translation>Zurück zur Vorgabe</translation>
        </message>
        <message>
            <source>{}: back to the default</source>
            <translation>{}: zurück zur Vorgabe</translation>
        </message>
        <message>
            <source>on</source>
            <translation>ein</translation>
        </message>
        <message>
            <source>off</source>
            <translation>aus</translation>
        </message>
        <message>
            <source>nothing</source>
            <translation>nichts</translation>
        </message>
        <message>
            <source>Default: {}</source>
            <translation>Vorgabe: {}</translation>
        </message>
        <message>
            <source>On</source>
            <translation>Ein</translation>
        </message>
    </context>
    <context>
        <name>OverviewPage</name>
        <message>
            <source>Busiest destinations</source>
            <translation>Meistbeschäftigte Ziele</translation>
        </message>
        <message>
            <source>No mail lately</source>
            <translation>In letzter Zeit keine Mail</translation>
        </message>
        <message>
            <source>Where your mail goes in this hour and the last stands here.</source>
            <translation>Wohin Ihre Mail in dieser und der letzten Stunde geht, steht hier.</translation>
        </message>
        <message>
            <source>Messages per second</source>
            <translation>Nachrichten je Sekunde</translation>
        </message>
        <message>
            <source>New blocks by hour</source>
            <translation>Neue Sperren je Stunde</translation>
        </message>
        <message>
            <source>What needs attention</source>
            <translation>Was Aufmerksamkeit braucht</translation>
        </message>
        <message>
            <source>No mail is sent: the engine is stopped</source>
            <translation>Keine Mail wird gesendet: Die Engine steht</translation>
        </message>
        <message>
            <source>The engine starts</source>
            <translation>Die Engine startet</translation>
        </message>
        <message>
            <source>The engine finishes open mail and stops</source>
            <translation>Die Engine sendet offene Mail fertig und hält an</translation>
        </message>
        <message>
            <source>Mail can flow; nothing is due to be sent</source>
            <translation>Mail kann fließen; gerade ist nichts fällig</translation>
        </message>
        <message>
            <source>Mail flows at {}</source>
            <translation>Mail fließt mit {}</translation>
        </message>
        <message numerus="yes">
            <source>%Ln block(s) open</source>
            <translation>
                <numerusform>%Ln Sperre offen</numerusform>
                <numerusform>%Ln Sperren offen</numerusform>
            </translation>
        </message>
        <message>
            <source>nothing is blocked</source>
            <translation>nichts ist gesperrt</translation>
        </message>
        <message numerus="yes">
            <source>%Ln recipient(s) held</source>
            <translation>
                <numerusform>%Ln Empfänger zurückgehalten</numerusform>
                <numerusform>%Ln Empfänger zurückgehalten</numerusform>
            </translation>
        </message>
        <message>
            <source>Mail goes to {} again</source>
            <translation>Zu {} geht wieder Mail</translation>
        </message>
        <message>
            <source>Mailing {} goes on</source>
            <translation>Mailing {} geht weiter</translation>
        </message>
    </context>
    <context>
        <name>PageHost</name>
        <message>
            <source>{} can't be shown</source>
            <translation>{} lässt sich nicht zeigen</translation>
        </message>
        <message>
            <source>This is a fault of the program. The log file has the details.</source>
            <translation>Das ist ein Fehler des Programms. Die Logdatei hat die Einzelheiten.</translation>
        </message>
    </context>
    <context>
        <name>PreviewPane</name>
        <message>
            <source>Show as this member gets it</source>
            <translation>Zeigen, wie dieses Mitglied es bekommt</translation>
        </message>
        <message>
            <source>HTML of the message</source>
            <translation>HTML der Nachricht</translation>
        </message>
        <message>
            <source>Text of the message</source>
            <translation>Text der Nachricht</translation>
        </message>
        <message>
            <source>Headers of the message</source>
            <translation>Kopfzeilen der Nachricht</translation>
        </message>
        <message>
            <source>HTML</source>
            <translation>HTML</translation>
        </message>
        <message>
            <source>Text</source>
            <translation>Text</translation>
        </message>
        <message>
            <source>Headers</source>
            <translation>Kopfzeilen</translation>
        </message>
        <message>
            <source>Ask the &amp;DNS</source>
            <translation>&amp;DNS fragen</translation>
        </message>
        <message>
            <source>Look up the DKIM key, SPF for the stream's addresses, and DMARC</source>
            <translation>DKIM-Schlüssel, SPF für die Adressen des Streams und DMARC nachschlagen</translation>
        </message>
        <message>
            <source>Nobody: the list has no members</source>
            <translation>Niemand: Die Liste hat keine Mitglieder</translation>
        </message>
        <message numerus="yes">
            <source>, %Ln attachment(s)</source>
            <translation>
                <numerusform>, %Ln Anhang</numerusform>
                <numerusform>, %Ln Anhänge</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln picture(s) or file(s) not loaded: a preview asks the network for nothing.</source>
            <translation>
                <numerusform>%Ln Bild oder Datei nicht geladen: Eine Vorschau fragt nichts aus dem Netz.</numerusform>
                <numerusform>%Ln Bilder oder Dateien nicht geladen: Eine Vorschau fragt nichts aus dem Netz.</numerusform>
            </translation>
        </message>
        <message>
            <source>Nothing speaks against this message.</source>
            <translation>Nichts spricht gegen diese Nachricht.</translation>
        </message>
        <message>
            <source>Show as &amp;member</source>
            <translation>Zeigen als &amp;Mitglied</translation>
        </message>
        <message>
            <source>From</source>
            <translation>Von</translation>
        </message>
        <message>
            <source>To</source>
            <translation>An</translation>
        </message>
        <message>
            <source>Subject</source>
            <translation>Betreff</translation>
        </message>
        <message>
            <source>Size</source>
            <translation>Größe</translation>
        </message>
        <message>
            <source>Checks</source>
            <translation>Prüfungen</translation>
        </message>
        <message>
            <source>Checks of the message</source>
            <translation>Prüfungen der Nachricht</translation>
        </message>
    </context>
    <context>
        <name>QDialog</name>
        <message>
            <source>Sending address</source>
            <translation>Sendeadresse</translation>
        </message>
        <message>
            <source>Recipients</source>
            <translation>Empfänger</translation>
        </message>
        <message>
            <source>Recipient</source>
            <translation>Empfänger</translation>
        </message>
        <message>
            <source>Attempts</source>
            <translation>Versuche</translation>
        </message>
        <message>
            <source>Waiting here uses no attempt</source>
            <translation>Hier zu warten verbraucht keinen Versuch</translation>
        </message>
        <message>
            <source>Last reply</source>
            <translation>Letzte Antwort</translation>
        </message>
    </context>
    <context>
        <name>QWidget</name>
        <message>
            <source>&lt;p&gt;Everything that was changed, by whom and when, with what it was before. Nothing can be removed from here.&lt;/p&gt;&lt;p&gt;&lt;b&gt;Undo this&lt;/b&gt; takes back the selected line, where nobody has gone on from it. What you did in this window is also in the Edit menu.&lt;/p&gt;</source>
            <translation>&lt;p&gt;Alles, was geändert wurde, von wem und wann, mit dem, was vorher war. Von hier lässt sich nichts entfernen.&lt;/p&gt;&lt;p&gt;&lt;b&gt;Dies rückgängig machen&lt;/b&gt; nimmt die ausgewählte Zeile zurück, wo niemand darauf aufgebaut hat. Was Sie in diesem Fenster getan haben, steht auch im Menü Bearbeiten.&lt;/p&gt;</translation>
        </message>
        <message>
            <source>&lt;p&gt;Each row is a pair of one of your sending addresses and a mail server that refuses it, with the server's own words.&lt;/p&gt;&lt;p&gt;&lt;b&gt;Double-click&lt;/b&gt; a row to clear it: mail goes there again at once. &lt;b&gt;Undo&lt;/b&gt; stands in the row for ten seconds and in the Edit menu for as long as the window is open.&lt;/p&gt;&lt;p&gt;&lt;b&gt;Enter&lt;/b&gt; details, &lt;b&gt;Delete&lt;/b&gt; clear the selection, &lt;b&gt;P&lt;/b&gt; probe now, &lt;b&gt;H&lt;/b&gt; make permanent.&lt;/p&gt;&lt;p&gt;Every block is tested by itself about once an hour. When the test is accepted, mail starts slowly and the block goes away.&lt;/p&gt;&lt;p&gt;A &lt;b&gt;total block&lt;/b&gt; means that every address of a stream is refused there: the recipients wait, and no attempt is used up.&lt;/p&gt;</source>
            <translation>&lt;p&gt;Jede Zeile ist ein Paar aus einer Ihrer Sendeadressen und einem Mailserver, der sie ablehnt, mit den Worten des Servers.&lt;/p&gt;&lt;p&gt;Ein &lt;b&gt;Doppelklick&lt;/b&gt; auf eine Zeile hebt sie auf: Dorthin geht sofort wieder Mail. &lt;b&gt;Rückgängig&lt;/b&gt; steht zehn Sekunden lang in der Zeile und im Menü Bearbeiten, solange das Fenster offen ist.&lt;/p&gt;&lt;p&gt;&lt;b&gt;Enter&lt;/b&gt; Einzelheiten, &lt;b&gt;Entf&lt;/b&gt; Auswahl aufheben, &lt;b&gt;P&lt;/b&gt; jetzt testen, &lt;b&gt;H&lt;/b&gt; dauerhaft machen.&lt;/p&gt;&lt;p&gt;Jede Sperre wird etwa stündlich von selbst getestet. Wird der Test angenommen, läuft Mail langsam an, und die Sperre verschwindet.&lt;/p&gt;&lt;p&gt;Eine &lt;b&gt;Totalsperre&lt;/b&gt; heißt, dass dort jede Adresse eines Streams abgelehnt wird: Die Empfänger warten, und kein Versuch wird verbraucht.&lt;/p&gt;</translation>
        </message>
        <message numerus="yes">
            <source> (%Ln block(s))</source>
            <translation>
                <numerusform> (%Ln Sperre)</numerusform>
                <numerusform> (%Ln Sperren)</numerusform>
            </translation>
        </message>
        <message>
            <source>&amp;Undo clear</source>
            <translation>Aufhebung &amp;rückgängig machen</translation>
        </message>
        <message>
            <source>&amp;Clear block</source>
            <translation>Sperre auf&amp;heben</translation>
        </message>
        <message>
            <source>Clear with a &amp;slow start</source>
            <translation>Mit &amp;langsamem Anlauf aufheben</translation>
        </message>
        <message>
            <source>Clear &amp;all</source>
            <translation>&amp;Alle aufheben</translation>
        </message>
        <message numerus="yes">
            <source>of {name}: %Ln block(s)…</source>
            <translation>
                <numerusform>von {name}: %Ln Sperre…</numerusform>
                <numerusform>von {name}: %Ln Sperren…</numerusform>
            </translation>
        </message>
        <message>
            <source>&amp;Probe now</source>
            <translation>Jetzt &amp;testen</translation>
        </message>
        <message>
            <source>&amp;Hold: make permanent</source>
            <translation>&amp;Dauerhaft machen</translation>
        </message>
        <message>
            <source>End e&amp;xemption</source>
            <translation>Ausnahme &amp;beenden</translation>
        </message>
        <message>
            <source>E&amp;xempt…</source>
            <translation>Aus&amp;nehmen…</translation>
        </message>
        <message>
            <source>&amp;Details</source>
            <translation>&amp;Einzelheiten</translation>
        </message>
        <message>
            <source>Add &amp;note…</source>
            <translation>&amp;Notiz hinzufügen…</translation>
        </message>
        <message>
            <source>Copy &amp;reply</source>
            <translation>Antwort k&amp;opieren</translation>
        </message>
        <message>
            <source>Copy &amp;evidence for the provider</source>
            <translation>&amp;Belege für den Anbieter kopieren</translation>
        </message>
        <message numerus="yes">
            <source>Show &amp;waiting recipients (%Ln)</source>
            <translation>
                <numerusform>&amp;Wartende Empfänger zeigen (%Ln)</numerusform>
                <numerusform>&amp;Wartende Empfänger zeigen (%Ln)</numerusform>
            </translation>
        </message>
        <message>
            <source>&lt;p&gt;Is mail flowing? The upper chart shows each stream over the last hour, the lower one how many pairs were newly blocked.&lt;/p&gt;&lt;p&gt;&lt;b&gt;What needs attention&lt;/b&gt; lists what waits for you, the worst first. Each line has one button; what it does stands on it.&lt;/p&gt;&lt;p&gt;Enter or a double click on a destination shows its blocks.&lt;/p&gt;</source>
            <translation>&lt;p&gt;Fließt Mail? Das obere Diagramm zeigt jeden Stream in der letzten Stunde, das untere, wie viele Paare neu gesperrt wurden.&lt;/p&gt;&lt;p&gt;&lt;b&gt;Was Aufmerksamkeit braucht&lt;/b&gt; führt auf, was auf Sie wartet, das Schlimmste zuerst. Jede Zeile hat einen Knopf; was er tut, steht darauf.&lt;/p&gt;&lt;p&gt;Enter oder ein Doppelklick auf ein Ziel zeigt seine Sperren.&lt;/p&gt;</translation>
        </message>
    </context>
    <context>
        <name>Quitter</name>
        <message>
            <source>Keep sending in the tray</source>
            <translation>Im Infobereich weiter senden</translation>
        </message>
        <message>
            <source>Keep sending without a window</source>
            <translation>Ohne Fenster weiter senden</translation>
        </message>
        <message>
            <source>Mail is being sent. What shall become of it?</source>
            <translation>Es wird Mail gesendet. Was soll daraus werden?</translation>
        </message>
        <message>
            <source>Finishing lets open messages end, which takes up to half a minute; what waits is sent after the next start.</source>
            <translation>Fertig senden lässt offene Nachrichten enden, was bis zu einer halben Minute dauert; was wartet, wird nach dem nächsten Start gesendet.</translation>
        </message>
        <message>
            <source>Finish open mail and quit</source>
            <translation>Offene Mail fertig senden und beenden</translation>
        </message>
        <message>
            <source>Mail is being sent. Finish open mail and leave?</source>
            <translation>Es wird Mail gesendet. Offene Mail fertig senden und verlassen?</translation>
        </message>
        <message>
            <source>What waits is sent after you come back.</source>
            <translation>Was wartet, wird gesendet, wenn Sie zurückkommen.</translation>
        </message>
        <message>
            <source>Finish open mail and leave</source>
            <translation>Offene Mail fertig senden und verlassen</translation>
        </message>
        <message>
            <source>Open mail is being finished; the window closes then.</source>
            <translation>Offene Mail wird fertig gesendet; dann schließt das Fenster.</translation>
        </message>
    </context>
    <context>
        <name>RecipientsStep</name>
        <message>
            <source>&amp;List</source>
            <translation>&amp;Liste</translation>
        </message>
        <message>
            <source>&amp;Segment</source>
            <translation>&amp;Segment</translation>
        </message>
        <message>
            <source>Recipients by provider</source>
            <translation>Empfänger nach Anbieter</translation>
        </message>
        <message>
            <source>By provider, or by domain where no mailing has met its provider yet:</source>
            <translation>Nach Anbieter, oder nach Domain, wo noch kein Mailing ihren Anbieter traf:</translation>
        </message>
        <message numerus="yes">
            <source>%Ln member(s)</source>
            <translation>
                <numerusform>%Ln Mitglied</numerusform>
                <numerusform>%Ln Mitglieder</numerusform>
            </translation>
        </message>
        <message>
            <source>{} ({}, {})</source>
            <translation>{} ({}, {})</translation>
        </message>
        <message>
            <source>All members of the list</source>
            <translation>Alle Mitglieder der Liste</translation>
        </message>
        <message>
            <source>Counting…</source>
            <translation>Wird gezählt…</translation>
        </message>
        <message numerus="yes">
            <source>%Ln recipient(s)</source>
            <translation>
                <numerusform>%Ln Empfänger</numerusform>
                <numerusform>%Ln Empfänger</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln member(s) selected</source>
            <translation>
                <numerusform>%Ln Mitglied ausgewählt</numerusform>
                <numerusform>%Ln Mitglieder ausgewählt</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln suppressed and taken off</source>
            <translation>
                <numerusform>%Ln ausgeschlossen und abgezogen</numerusform>
                <numerusform>%Ln ausgeschlossen und abgezogen</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln unsubscribed and taken off</source>
            <translation>
                <numerusform>%Ln abgemeldet und abgezogen</numerusform>
                <numerusform>%Ln abgemeldet und abgezogen</numerusform>
            </translation>
        </message>
        <message>
            <source>no duplicates: a list has each mailbox once</source>
            <translation>keine Doppelten: Eine Liste hat jedes Postfach einmal</translation>
        </message>
    </context>
    <context>
        <name>RecipientsTab</name>
        <message>
            <source>All recipients</source>
            <translation>Alle Empfänger</translation>
        </message>
        <message>
            <source>Part of an address</source>
            <translation>Teil einer Adresse</translation>
        </message>
        <message>
            <source>Treat as &amp;delivered</source>
            <translation>Als &amp;zugestellt behandeln</translation>
        </message>
        <message>
            <source>Send a&amp;gain</source>
            <translation>&amp;Noch einmal senden</translation>
        </message>
        <message>
            <source>Recipients of the mailing</source>
            <translation>Empfänger des Mailings</translation>
        </message>
        <message>
            <source>&amp;Why not sent?</source>
            <translation>&amp;Warum nicht gesendet?</translation>
        </message>
        <message>
            <source>&amp;Copy address</source>
            <translation>Adresse &amp;kopieren</translation>
        </message>
        <message>
            <source>Copy &amp;reply</source>
            <translation>Antwort k&amp;opieren</translation>
        </message>
        <message>
            <source>&amp;State</source>
            <translation>&amp;Zustand</translation>
        </message>
        <message>
            <source>State of the recipients that are shown</source>
            <translation>Zustand der gezeigten Empfänger</translation>
        </message>
        <message>
            <source>&amp;Find</source>
            <translation>&amp;Suchen</translation>
        </message>
        <message numerus="yes">
            <source>Treat %Ln as &amp;delivered</source>
            <translation>
                <numerusform>%Ln als &amp;zugestellt behandeln</numerusform>
                <numerusform>%Ln als &amp;zugestellt behandeln</numerusform>
            </translation>
        </message>
        <message>
            <source>Treat all as &amp;delivered</source>
            <translation>Alle als &amp;zugestellt behandeln</translation>
        </message>
        <message numerus="yes">
            <source>Send a&amp;gain to %Ln</source>
            <translation>
                <numerusform>An %Ln &amp;noch einmal senden</numerusform>
                <numerusform>An %Ln &amp;noch einmal senden</numerusform>
            </translation>
        </message>
        <message>
            <source>Send a&amp;gain to all</source>
            <translation>An alle &amp;noch einmal senden</translation>
        </message>
    </context>
    <context>
        <name>ReportPanel</name>
        <message>
            <source>Lines that were not imported</source>
            <translation>Nicht importierte Zeilen</translation>
        </message>
        <message>
            <source>Save this &amp;list…</source>
            <translation>Diese &amp;Liste speichern…</translation>
        </message>
        <message>
            <source>Cancelled: nothing was imported</source>
            <translation>Abgebrochen: Nichts wurde importiert</translation>
        </message>
        <message numerus="yes">
            <source>%Ln member(s) in the list from this file</source>
            <translation>
                <numerusform>%Ln Mitglied der Liste aus dieser Datei</numerusform>
                <numerusform>%Ln Mitglieder der Liste aus dieser Datei</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln line(s) not imported</source>
            <translation>
                <numerusform>%Ln Zeile nicht importiert</numerusform>
                <numerusform>%Ln Zeilen nicht importiert</numerusform>
            </translation>
        </message>
        <message>
            <source>; the first {} are listed</source>
            <translation>; die ersten {} sind aufgeführt</translation>
        </message>
        <message numerus="yes">
            <source>%Ln added</source>
            <translation>
                <numerusform>%Ln hinzugefügt</numerusform>
                <numerusform>%Ln hinzugefügt</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln updated</source>
            <translation>
                <numerusform>%Ln geändert</numerusform>
                <numerusform>%Ln geändert</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln as before</source>
            <translation>
                <numerusform>%Ln wie zuvor</numerusform>
                <numerusform>%Ln wie zuvor</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln line(s) twice in the file</source>
            <translation>
                <numerusform>%Ln Zeile doppelt in der Datei</numerusform>
                <numerusform>%Ln Zeilen doppelt in der Datei</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln suppressed: they get no mail</source>
            <translation>
                <numerusform>%Ln ausgeschlossen: bekommt keine Mail</numerusform>
                <numerusform>%Ln ausgeschlossen: bekommen keine Mail</numerusform>
            </translation>
        </message>
        <message>
            <source>The file has no members.</source>
            <translation>Die Datei hat keine Mitglieder.</translation>
        </message>
    </context>
    <context>
        <name>RuleEditor</name>
        <message>
            <source>Any stage</source>
            <translation>Jede Phase</translation>
        </message>
        <message>
            <source>&amp;Try</source>
            <translation>&amp;Versuchen</translation>
        </message>
        <message>
            <source>Tr&amp;y a reply</source>
            <translation>Eine Antwort &amp;versuchen</translation>
        </message>
        <message>
            <source>Rule &amp;lab</source>
            <translation>&amp;Regellabor</translation>
        </message>
        <message>
            <source>Bundled rule</source>
            <translation>Mitgelieferte Regel</translation>
        </message>
        <message>
            <source>Bundled rules can't be edited; copy one to change it.</source>
            <translation>Mitgelieferte Regeln lassen sich nicht bearbeiten; kopieren Sie eine, um sie zu ändern.</translation>
        </message>
        <message>
            <source>New rule</source>
            <translation>Neue Regel</translation>
        </message>
        <message>
            <source>&amp;Add rule</source>
            <translation>Regel &amp;hinzufügen</translation>
        </message>
        <message>
            <source>Edit rule</source>
            <translation>Regel bearbeiten</translation>
        </message>
        <message>
            <source>&amp;Save</source>
            <translation>&amp;Speichern</translation>
        </message>
        <message>
            <source>A reply as a &amp;server sent it</source>
            <translation>Eine Antwort, wie ein &amp;Server sie sandte</translation>
        </message>
        <message>
            <source>Reply to try</source>
            <translation>Zu versuchende Antwort</translation>
        </message>
        <message>
            <source>Stage of the reply</source>
            <translation>Phase der Antwort</translation>
        </message>
        <message>
            <source>at sta&amp;ge</source>
            <translation>in der P&amp;hase</translation>
        </message>
    </context>
    <context>
        <name>RuleForm</name>
        <message>
            <source>&amp;Id</source>
            <translation>&amp;Kennung</translation>
        </message>
        <message>
            <source>Small letters, digits, dots, hyphens.</source>
            <translation>Kleine Buchstaben, Ziffern, Punkte, Bindestriche.</translation>
        </message>
        <message>
            <source>On</source>
            <translation>Ein</translation>
        </message>
        <message>
            <source>Shadow: matches are only logged</source>
            <translation>Schatten: Treffer werden nur protokolliert</translation>
        </message>
        <message>
            <source>Off</source>
            <translation>Aus</translation>
        </message>
        <message>
            <source>S&amp;tate</source>
            <translation>&amp;Zustand</translation>
        </message>
        <message>
            <source>&amp;Pattern</source>
            <translation>&amp;Muster</translation>
        </message>
        <message>
            <source>&amp;Verdict</source>
            <translation>&amp;Urteil</translation>
        </message>
        <message>
            <source>Blocks &amp;reach</source>
            <translation>Sperren &amp;reichen</translation>
        </message>
        <message>
            <source>&amp;Codes</source>
            <translation>&amp;Codes</translation>
        </message>
        <message>
            <source>Such as 550, 5xx, with commas; empty: any.</source>
            <translation>Etwa 550, 5xx, mit Kommas; leer: jeder.</translation>
        </message>
        <message>
            <source>Reason</source>
            <translation>Grund</translation>
        </message>
        <message>
            <source>Behind “the provider …”; {ip} and {list} are filled in.</source>
            <translation>Hinter „der Anbieter …“; {ip} und {list} werden ausgefüllt.</translation>
        </message>
        <message>
            <source>&amp;Advice</source>
            <translation>&amp;Rat</translation>
        </message>
        <message>
            <source>M&amp;ust match</source>
            <translation>M&amp;uss treffen</translation>
        </message>
        <message>
            <source>Must &amp;not match</source>
            <translation>Darf &amp;nicht treffen</translation>
        </message>
        <message>
            <source>One reply in each line; \n where the reply itself has lines.</source>
            <translation>Eine Antwort je Zeile; \n, wo die Antwort selbst Zeilen hat.</translation>
        </message>
        <message>
            <source>&amp;Rule</source>
            <translation>&amp;Regel</translation>
        </message>
        <message>
            <source>&amp;Examples</source>
            <translation>&amp;Beispiele</translation>
        </message>
        <message>
            <source>&amp;More</source>
            <translation>&amp;Mehr</translation>
        </message>
        <message>
            <source>Stages</source>
            <translation>Phasen</translation>
        </message>
        <message>
            <source>None checked: any.</source>
            <translation>Nichts angekreuzt: jede.</translation>
        </message>
        <message>
            <source>Enhanced codes</source>
            <translation>Erweiterte Codes</translation>
        </message>
        <message>
            <source>Such as 5.7.1, x.7.x.</source>
            <translation>Etwa 5.7.1, x.7.x.</translation>
        </message>
        <message>
            <source>Provider</source>
            <translation>Anbieter</translation>
        </message>
        <message>
            <source>Testing makes no sense: only a person clears such blocks</source>
            <translation>Testen ist sinnlos: Nur eine Person hebt solche Sperren auf</translation>
        </message>
        <message>
            <source>Test every</source>
            <translation>Testen alle</translation>
        </message>
        <message>
            <source>Seconds; empty: as the setting says.</source>
            <translation>Sekunden; leer: wie die Einstellung sagt.</translation>
        </message>
        <message>
            <source>Counts from match</source>
            <translation>Zählt ab Treffer</translation>
        </message>
        <message>
            <source>The n-th within a period.</source>
            <translation>Der n-te innerhalb einer Zeitspanne.</translation>
        </message>
        <message>
            <source>… within</source>
            <translation>… innerhalb</translation>
        </message>
        <message>
            <source>Seconds.</source>
            <translation>Sekunden.</translation>
        </message>
        <message>
            <source>Source</source>
            <translation>Quelle</translation>
        </message>
        <message>
            <source>Note</source>
            <translation>Notiz</translation>
        </message>
    </context>
    <context>
        <name>RulesPanel</name>
        <message>
            <source>Rules</source>
            <translation>Regeln</translation>
        </message>
        <message>
            <source>Part of a rule</source>
            <translation>Teil einer Regel</translation>
        </message>
        <message>
            <source>&amp;New rule…</source>
            <translation>&amp;Neue Regel…</translation>
        </message>
        <message>
            <source>&amp;Open…</source>
            <translation>&amp;Öffnen…</translation>
        </message>
        <message>
            <source>&amp;Copy…</source>
            <translation>&amp;Kopieren…</translation>
        </message>
        <message>
            <source>Switch &amp;on</source>
            <translation>&amp;Einschalten</translation>
        </message>
        <message>
            <source>&amp;Shadow</source>
            <translation>&amp;Schatten</translation>
        </message>
        <message>
            <source>Switch o&amp;ff</source>
            <translation>Aussc&amp;halten</translation>
        </message>
        <message>
            <source>Move &amp;up</source>
            <translation>Nach &amp;oben</translation>
        </message>
        <message>
            <source>Move &amp;down</source>
            <translation>Nach &amp;unten</translation>
        </message>
        <message>
            <source>&amp;Delete</source>
            <translation>&amp;Löschen</translation>
        </message>
        <message>
            <source>Rule {} is on</source>
            <translation>Regel {} ist eingeschaltet</translation>
        </message>
        <message>
            <source>Rule {} is only logged</source>
            <translation>Regel {} wird nur protokolliert</translation>
        </message>
        <message>
            <source>Rule {} is off</source>
            <translation>Regel {} ist ausgeschaltet</translation>
        </message>
        <message>
            <source>Deleted rule {}</source>
            <translation>Regel {} gelöscht</translation>
        </message>
        <message>
            <source>&amp;More</source>
            <translation>&amp;Mehr</translation>
        </message>
        <message>
            <source>The first rule that matches a refusal decides what it means. Your own are tried first; a rule in shadow decides nothing and is logged. Open a rule to try it on replies before it counts.</source>
            <translation>Die erste Regel, die zu einer Ablehnung passt, entscheidet, was sie bedeutet. Ihre eigenen kommen zuerst; eine Regel im Schatten entscheidet nichts und wird protokolliert. Öffnen Sie eine Regel, um sie an Antworten zu versuchen, bevor sie zählt.</translation>
        </message>
    </context>
    <context>
        <name>SegmentEditor</name>
        <message>
            <source>&amp;Name</source>
            <translation>&amp;Name</translation>
        </message>
        <message>
            <source>Counting…</source>
            <translation>Wird gezählt…</translation>
        </message>
        <message>
            <source>Some of the members</source>
            <translation>Einige der Mitglieder</translation>
        </message>
        <message>
            <source>Edit segment of {}</source>
            <translation>Segment von {} bearbeiten</translation>
        </message>
        <message>
            <source>&amp;Save</source>
            <translation>&amp;Speichern</translation>
        </message>
        <message>
            <source>New segment of {}</source>
            <translation>Neues Segment von {}</translation>
        </message>
        <message>
            <source>&amp;Create segment</source>
            <translation>Segment &amp;anlegen</translation>
        </message>
        <message>
            <source>Not complete yet: {}</source>
            <translation>Noch nicht vollständig: {}</translation>
        </message>
        <message numerus="yes">
            <source>%Ln member(s) selected</source>
            <translation>
                <numerusform>%Ln Mitglied ausgewählt</numerusform>
                <numerusform>%Ln Mitglieder ausgewählt</numerusform>
            </translation>
        </message>
        <message>
            <source>Conditions</source>
            <translation>Bedingungen</translation>
        </message>
    </context>
    <context>
        <name>SendersPanel</name>
        <message>
            <source>DKIM keys of sender domains</source>
            <translation>DKIM-Schlüssel von Absenderdomains</translation>
        </message>
        <message>
            <source>&amp;Make a key…</source>
            <translation>Schlüssel &amp;erzeugen…</translation>
        </message>
        <message>
            <source>&amp;Use a key file…</source>
            <translation>Schlüssel&amp;datei verwenden…</translation>
        </message>
        <message>
            <source>&amp;Forget key…</source>
            <translation>Schlüssel &amp;vergessen…</translation>
        </message>
        <message>
            <source>&amp;Copy record</source>
            <translation>Eintrag &amp;kopieren</translation>
        </message>
        <message>
            <source>Choose a private key</source>
            <translation>Privaten Schlüssel wählen</translation>
        </message>
        <message>
            <source>Keys (*.pem *.key);;All files (*)</source>
            <translation>Schlüssel (*.pem *.key);;Alle Dateien (*)</translation>
        </message>
        <message>
            <source>Forget the key of {}?</source>
            <translation>Den Schlüssel von {} vergessen?</translation>
        </message>
        <message>
            <source>Mailings that start from now on are not signed for it. The file {} stays.</source>
            <translation>Mailings, die von jetzt an beginnen, werden dafür nicht signiert. Die Datei {} bleibt.</translation>
        </message>
        <message>
            <source>&amp;Forget key</source>
            <translation>Schlüssel &amp;vergessen</translation>
        </message>
        <message>
            <source>Keep it</source>
            <translation>Behalten</translation>
        </message>
        <message>
            <source>TXT record &amp;at</source>
            <translation>TXT-Eintrag &amp;bei</translation>
        </message>
        <message>
            <source>Name of the TXT record</source>
            <translation>Name des TXT-Eintrags</translation>
        </message>
        <message>
            <source>&amp;Its text</source>
            <translation>&amp;Sein Text</translation>
        </message>
        <message>
            <source>Text of the TXT record</source>
            <translation>Text des TXT-Eintrags</translation>
        </message>
        <message>
            <source>Messages from these domains are signed (DKIM); large providers ask for it. Publish the record of each key in the DNS of its domain.</source>
            <translation>Nachrichten von diesen Domains werden signiert (DKIM); große Anbieter verlangen es. Veröffentlichen Sie den Eintrag jedes Schlüssels im DNS seiner Domain.</translation>
        </message>
        <message>
            <source>No message is signed yet</source>
            <translation>Noch wird keine Nachricht signiert</translation>
        </message>
        <message>
            <source>Make a key for the domain of your senders, or use one that is in a file already.</source>
            <translation>Einen Schlüssel für die Domain der Absender erzeugen oder einen verwenden, der schon in einer Datei liegt.</translation>
        </message>
    </context>
    <context>
        <name>SettingsPage</name>
        <message>
            <source>Part of a title or sentence</source>
            <translation>Teil eines Titels oder Satzes</translation>
        </message>
        <message>
            <source>&lt;p&gt;A change counts at once, in every process that uses this database, and can be undone. A value that is not allowed stays in its field with the reason under it; what counted before still counts.&lt;/p&gt;&lt;p&gt;Under &lt;b&gt;Rules&lt;/b&gt; stands what decides about refusals. Put a new rule in shadow, look in the rule lab what it would have changed, then switch it on.&lt;/p&gt;</source>
            <translation>&lt;p&gt;Eine Änderung gilt sofort, in jedem Prozess, der diese Datenbank benutzt, und lässt sich rückgängig machen. Ein Wert, der nicht erlaubt ist, bleibt in seinem Feld, mit dem Grund darunter; was vorher galt, gilt weiter.&lt;/p&gt;&lt;p&gt;Unter &lt;b&gt;Regeln&lt;/b&gt; steht, was über Ablehnungen entscheidet. Stellen Sie eine neue Regel in den Schatten, sehen Sie im Regellabor nach, was sie geändert hätte, und schalten Sie sie dann ein.&lt;/p&gt;</translation>
        </message>
        <message>
            <source>Parts of the settings</source>
            <translation>Teile der Einstellungen</translation>
        </message>
        <message>
            <source>Changed: {}</source>
            <translation>Geändert: {}</translation>
        </message>
    </context>
    <context>
        <name>ShapePanel</name>
        <message>
            <source>Comma ,</source>
            <translation>Komma ,</translation>
        </message>
        <message>
            <source>Semicolon ;</source>
            <translation>Semikolon ;</translation>
        </message>
        <message>
            <source>Tab</source>
            <translation>Tabulator</translation>
        </message>
        <message>
            <source>Bar |</source>
            <translation>Strich |</translation>
        </message>
        <message>
            <source>Columns of the file</source>
            <translation>Spalten der Datei</translation>
        </message>
        <message>
            <source>First rows of the file</source>
            <translation>Erste Zeilen der Datei</translation>
        </message>
        <message numerus="yes">
            <source>The first %Ln row(s)</source>
            <translation>
                <numerusform>Die erste Zeile</numerusform>
                <numerusform>Die ersten %Ln Zeilen</numerusform>
            </translation>
        </message>
        <message>
            <source>Column {}</source>
            <translation>Spalte {}</translation>
        </message>
        <message>
            <source>Where column {} goes</source>
            <translation>Wohin Spalte {} geht</translation>
        </message>
        <message>
            <source>Leave out</source>
            <translation>Auslassen</translation>
        </message>
        <message>
            <source>Address</source>
            <translation>Adresse</translation>
        </message>
        <message>
            <source>Name</source>
            <translation>Name</translation>
        </message>
        <message>
            <source>Joined on</source>
            <translation>Beigetreten am</translation>
        </message>
        <message>
            <source>&amp;Encoding</source>
            <translation>&amp;Kodierung</translation>
        </message>
        <message>
            <source>&amp;Separator</source>
            <translation>&amp;Trennzeichen</translation>
        </message>
        <message>
            <source>Encoding</source>
            <translation>Kodierung</translation>
        </message>
        <message>
            <source>Separator</source>
            <translation>Trennzeichen</translation>
        </message>
        <message>
            <source>Where each column goes</source>
            <translation>Wohin jede Spalte geht</translation>
        </message>
    </context>
    <context>
        <name>Sidebar</name>
        <message>
            <source>Pages</source>
            <translation>Seiten</translation>
        </message>
        <message>
            <source>{} (Ctrl+{})</source>
            <translation>{} (Strg+{})</translation>
        </message>
    </context>
    <context>
        <name>SiteDialog</name>
        <message>
            <source>&amp;Host name</source>
            <translation>&amp;Hostname</translation>
        </message>
        <message>
            <source>Such as lists.example.com. It groups lists, and can have a stream of its own.</source>
            <translation>Etwa lists.example.com. Sie fasst Listen zusammen und kann einen eigenen Stream haben.</translation>
        </message>
        <message>
            <source>Rename site</source>
            <translation>Site umbenennen</translation>
        </message>
        <message>
            <source>&amp;Save</source>
            <translation>&amp;Speichern</translation>
        </message>
        <message>
            <source>New site</source>
            <translation>Neue Site</translation>
        </message>
        <message>
            <source>&amp;Create site</source>
            <translation>Site &amp;anlegen</translation>
        </message>
    </context>
    <context>
        <name>Sitting</name>
        <message>
            <source>Opening the database…</source>
            <translation>Die Datenbank wird geöffnet…</translation>
        </message>
        <message>
            <source>The data folder is {}</source>
            <translation>Der Datenordner ist {}</translation>
        </message>
        <message>
            <source>Rehearsal</source>
            <translation>Übung</translation>
        </message>
        <message>
            <source>Everything here is made up, and nothing leaves this machine.</source>
            <translation>Alles hier ist erfunden, und nichts verlässt diesen Rechner.</translation>
        </message>
    </context>
    <context>
        <name>StatusBar</name>
        <message>
            <source>Looking…</source>
            <translation>Es wird nachgesehen…</translation>
        </message>
        <message>
            <source>Messages per second, all streams together</source>
            <translation>Nachrichten je Sekunde, alle Streams zusammen</translation>
        </message>
        <message numerus="yes">
            <source>%Ln block(s)</source>
            <translation>
                <numerusform>%Ln Sperre</numerusform>
                <numerusform>%Ln Sperren</numerusform>
            </translation>
        </message>
        <message>
            <source>Open blocks: refusals of a sending address by a provider</source>
            <translation>Offene Sperren: Ablehnungen einer Sendeadresse durch einen Anbieter</translation>
        </message>
        <message numerus="yes">
            <source>%Ln held</source>
            <translation>
                <numerusform>%Ln zurückgehalten</numerusform>
                <numerusform>%Ln zurückgehalten</numerusform>
            </translation>
        </message>
        <message>
            <source>Recipients that wait because all addresses of their stream are blocked at their provider</source>
            <translation>Empfänger, die warten, weil alle Adressen ihres Streams bei ihrem Anbieter gesperrt sind</translation>
        </message>
        <message numerus="yes">
            <source>%Ln warning(s)</source>
            <translation>
                <numerusform>%Ln Warnung</numerusform>
                <numerusform>%Ln Warnungen</numerusform>
            </translation>
        </message>
        <message>
            <source>Nothing needs attention</source>
            <translation>Nichts braucht Aufmerksamkeit</translation>
        </message>
        <message>
            <source>What needs attention is listed on the overview</source>
            <translation>Was Aufmerksamkeit braucht, steht in der Übersicht</translation>
        </message>
    </context>
    <context>
        <name>StreamBox</name>
        <message>
            <source>Stream</source>
            <translation>Stream</translation>
        </message>
        <message>
            <source>{} (default)</source>
            <translation>{} (Standard)</translation>
        </message>
    </context>
    <context>
        <name>StreamEditor</name>
        <message>
            <source>New stream</source>
            <translation>Neuer Stream</translation>
        </message>
        <message>
            <source>Edit stream {}</source>
            <translation>Stream {} bearbeiten</translation>
        </message>
        <message>
            <source>&amp;Create stream</source>
            <translation>Stream &amp;anlegen</translation>
        </message>
        <message>
            <source>&amp;Save</source>
            <translation>&amp;Speichern</translation>
        </message>
        <message>
            <source>Use for all mail that no association decides on</source>
            <translation>Für alle Mail verwenden, über die keine Zuordnung entscheidet</translation>
        </message>
        <message>
            <source>Stop at a provider that blocks one address after another</source>
            <translation>Bei einem Anbieter anhalten, der eine Adresse nach der anderen sperrt</translation>
        </message>
        <message>
            <source>&amp;Name</source>
            <translation>&amp;Name</translation>
        </message>
        <message>
            <source>Descri&amp;ption</source>
            <translation>&amp;Beschreibung</translation>
        </message>
        <message>
            <source>&amp;Default stream</source>
            <translation>&amp;Standard-Stream</translation>
        </message>
        <message>
            <source>Contagion &amp;guard</source>
            <translation>Ansteckungs&amp;schutz</translation>
        </message>
        <message>
            <source>When half of the addresses are blocked at one provider within an hour, the stream pauses there until you resume it, so that the rest are not burnt. Off, you are only told.</source>
            <translation>Werden bei einem Anbieter binnen einer Stunde die Hälfte der Adressen gesperrt, pausiert der Stream dort, bis Sie ihn fortsetzen, damit der Rest nicht verbrennt. Aus: Sie werden nur benachrichtigt.</translation>
        </message>
        <message>
            <source>&amp;General</source>
            <translation>&amp;Allgemein</translation>
        </message>
        <message>
            <source>Addre&amp;sses</source>
            <translation>A&amp;dressen</translation>
        </message>
        <message>
            <source>Associat&amp;ions</source>
            <translation>&amp;Zuordnungen</translation>
        </message>
        <message>
            <source>&amp;Limits</source>
            <translation>&amp;Grenzen</translation>
        </message>
        <message>
            <source>The stream was changed elsewhere in the meantime. Take over the new values, or cancel.</source>
            <translation>Der Stream wurde inzwischen anderswo geändert. Übernehmen Sie die neuen Werte, oder brechen Sie ab.</translation>
        </message>
        <message>
            <source>Take over the new values</source>
            <translation>Die neuen Werte übernehmen</translation>
        </message>
    </context>
    <context>
        <name>StreamList</name>
        <message>
            <source>Streams</source>
            <translation>Streams</translation>
        </message>
        <message>
            <source>Inherit</source>
            <translation>Erben</translation>
        </message>
        <message>
            <source>{} (default)</source>
            <translation>{} (Standard)</translation>
        </message>
    </context>
    <context>
        <name>StreamPanel</name>
        <message>
            <source>&amp;Bind addresses…</source>
            <translation>Adressen &amp;einbinden…</translation>
        </message>
        <message>
            <source>Addresses of the stream</source>
            <translation>Adressen des Streams</translation>
        </message>
        <message>
            <source>Bind addresses…</source>
            <translation>Adressen einbinden…</translation>
        </message>
        <message>
            <source>No addresses yet</source>
            <translation>Noch keine Adressen</translation>
        </message>
        <message>
            <source>No mail can leave over this stream until it has a sending address.</source>
            <translation>Über diesen Stream kann keine Mail gehen, solange er keine Sendeadresse hat.</translation>
        </message>
        <message numerus="yes">
            <source>%n address(es)</source>
            <translation>
                <numerusform>%n Adresse</numerusform>
                <numerusform>%n Adressen</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n association(s)</source>
            <translation>
                <numerusform>%n Zuordnung</numerusform>
                <numerusform>%n Zuordnungen</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n unfinished mailing(s)</source>
            <translation>
                <numerusform>%n unfertiges Mailing</numerusform>
                <numerusform>%n unfertige Mailings</numerusform>
            </translation>
        </message>
        <message>
            <source>contagion guard on</source>
            <translation>Ansteckungsschutz ein</translation>
        </message>
        <message numerus="yes">
            <source>%n limit(s)</source>
            <translation>
                <numerusform>%n Grenze</numerusform>
                <numerusform>%n Grenzen</numerusform>
            </translation>
        </message>
        <message>
            <source>&amp;Use in this stream again</source>
            <translation>In diesem Stream wieder &amp;verwenden</translation>
        </message>
        <message>
            <source>&amp;Pause in this stream</source>
            <translation>In diesem Stream &amp;pausieren</translation>
        </message>
        <message>
            <source>&amp;Resume everywhere</source>
            <translation>Überall &amp;fortsetzen</translation>
        </message>
        <message>
            <source>Pause &amp;everywhere</source>
            <translation>&amp;Überall pausieren</translation>
        </message>
        <message>
            <source>E&amp;dit address…</source>
            <translation>Adresse &amp;bearbeiten…</translation>
        </message>
        <message>
            <source>Show &amp;blocks</source>
            <translation>&amp;Sperren zeigen</translation>
        </message>
        <message>
            <source>&amp;Copy address</source>
            <translation>Adresse &amp;kopieren</translation>
        </message>
        <message>
            <source>Re&amp;move from this stream</source>
            <translation>Aus diesem Stream &amp;entfernen</translation>
        </message>
    </context>
    <context>
        <name>StreamStep</name>
        <message>
            <source>&amp;Another stream, for this mailing only:</source>
            <translation>Ein &amp;anderer Stream, nur für dieses Mailing:</translation>
        </message>
        <message>
            <source>Stream for this mailing</source>
            <translation>Stream dieses Mailings</translation>
        </message>
        <message>
            <source>Who refuses the stream now</source>
            <translation>Wer den Stream jetzt ablehnt</translation>
        </message>
        <message>
            <source>Who refuses it now</source>
            <translation>Wer ihn jetzt ablehnt</translation>
        </message>
        <message>
            <source>chosen for this mailing</source>
            <translation>für dieses Mailing gewählt</translation>
        </message>
        <message>
            <source>, paused</source>
            <translation>, pausiert</translation>
        </message>
        <message numerus="yes">
            <source>%Ln address(es)</source>
            <translation>
                <numerusform>%Ln Adresse</numerusform>
                <numerusform>%Ln Adressen</numerusform>
            </translation>
        </message>
        <message>
            <source>{} ({}{})</source>
            <translation>{} ({}{})</translation>
        </message>
        <message>
            <source>{}, {}</source>
            <translation>{}, {}</translation>
        </message>
        <message>
            <source>{} has no addresses yet: the mailing waits until it has.</source>
            <translation>{} hat noch keine Adressen: Das Mailing wartet, bis er welche hat.</translation>
        </message>
        <message>
            <source>{} is paused: the mailing waits until it is resumed.</source>
            <translation>{} pausiert: Das Mailing wartet, bis er fortgesetzt wird.</translation>
        </message>
        <message numerus="yes">
            <source>%Ln recipient(s) will be held: no address of {} is open there.</source>
            <translation>
                <numerusform>%Ln Empfänger wird zurückgehalten: Dort ist keine Adresse von {} offen.</numerusform>
                <numerusform>%Ln Empfänger werden zurückgehalten: Dort ist keine Adresse von {} offen.</numerusform>
            </translation>
        </message>
        <message>
            <source>Some addresses of {} are refused; the others carry the mail.</source>
            <translation>Einige Adressen von {} werden abgelehnt; die anderen tragen die Mail.</translation>
        </message>
        <message>
            <source>Nobody whom this mailing goes to refuses {}.</source>
            <translation>Niemand, an den dieses Mailing geht, lehnt {} ab.</translation>
        </message>
    </context>
    <context>
        <name>StreamsPage</name>
        <message>
            <source>Filter by name</source>
            <translation>Nach Namen filtern</translation>
        </message>
        <message>
            <source>&lt;p&gt;A &lt;b&gt;stream&lt;/b&gt; is a set of sending addresses that acts as one sender: mail goes out over all of them in parallel, spread by weight. When a provider refuses one address, the others carry on.&lt;/p&gt;&lt;p&gt;&lt;b&gt;New&lt;/b&gt; (Ctrl+N) makes a stream, &lt;b&gt;Enter&lt;/b&gt; edits the selected one. &lt;b&gt;Pause&lt;/b&gt; stops all new mail over it until it is resumed. Deleting asks for a replacement when something uses the stream.&lt;/p&gt;&lt;p&gt;The lower table has the addresses of the selected stream; Enter edits one, the menu key offers more.&lt;/p&gt;</source>
            <translation>&lt;p&gt;Ein &lt;b&gt;Stream&lt;/b&gt; ist eine Menge von Sendeadressen, die wie ein Absender auftritt: Mail geht parallel über alle hinaus, nach Gewicht verteilt. Lehnt ein Anbieter eine Adresse ab, machen die anderen weiter.&lt;/p&gt;&lt;p&gt;&lt;b&gt;Neu&lt;/b&gt; (Strg+N) legt einen Stream an, &lt;b&gt;Enter&lt;/b&gt; bearbeitet den ausgewählten. &lt;b&gt;Pausieren&lt;/b&gt; hält alle neue Mail darüber an, bis er fortgesetzt wird. Das Löschen fragt nach einem Ersatz, wenn etwas den Stream verwendet.&lt;/p&gt;&lt;p&gt;Die untere Tabelle hat die Adressen des ausgewählten Streams; Enter bearbeitet eine, die Menütaste bietet mehr.&lt;/p&gt;</translation>
        </message>
        <message>
            <source>Streams</source>
            <translation>Streams</translation>
        </message>
        <message>
            <source>No stream has this name</source>
            <translation>Kein Stream heißt so</translation>
        </message>
        <message>
            <source>Clear the filter to see all streams, or make a new one.</source>
            <translation>Leeren Sie den Filter, um alle Streams zu sehen, oder legen Sie einen neuen an.</translation>
        </message>
        <message>
            <source>&amp;New…</source>
            <translation>&amp;Neu…</translation>
        </message>
        <message>
            <source>&amp;Edit…</source>
            <translation>&amp;Bearbeiten…</translation>
        </message>
        <message>
            <source>Edit the stream (Enter)</source>
            <translation>Den Stream bearbeiten (Enter)</translation>
        </message>
        <message>
            <source>&amp;Copy</source>
            <translation>&amp;Kopieren</translation>
        </message>
        <message>
            <source>Copy addresses and limits to a new stream</source>
            <translation>Adressen und Grenzen in einen neuen Stream kopieren</translation>
        </message>
        <message>
            <source>&amp;Pause</source>
            <translation>&amp;Pausieren</translation>
        </message>
        <message>
            <source>&amp;Delete…</source>
            <translation>&amp;Löschen…</translation>
        </message>
        <message>
            <source>&amp;Bind addresses…</source>
            <translation>Adressen &amp;einbinden…</translation>
        </message>
        <message>
            <source>Show b&amp;locks</source>
            <translation>&amp;Sperren zeigen</translation>
        </message>
        <message>
            <source>The default stream can't be deleted; make another one the default first.</source>
            <translation>Der Standard-Stream lässt sich nicht löschen; machen Sie zuerst einen anderen zum Standard.</translation>
        </message>
        <message>
            <source>Delete the stream (Del)</source>
            <translation>Den Stream löschen (Entf)</translation>
        </message>
        <message>
            <source>&amp;Resume</source>
            <translation>&amp;Fortsetzen</translation>
        </message>
        <message>
            <source>Created stream {}</source>
            <translation>Stream {} angelegt</translation>
        </message>
        <message>
            <source>Copied to {}</source>
            <translation>Nach {} kopiert</translation>
        </message>
        <message>
            <source>Resumed {}</source>
            <translation>{} fortgesetzt</translation>
        </message>
        <message>
            <source>Paused {}</source>
            <translation>{} pausiert</translation>
        </message>
        <message>
            <source>Deleted stream {}</source>
            <translation>Stream {} gelöscht</translation>
        </message>
        <message numerus="yes">
            <source>Bound %n address(es) to {}</source>
            <translation>
                <numerusform>%n Adresse in {} eingebunden</numerusform>
                <numerusform>%n Adressen in {} eingebunden</numerusform>
            </translation>
        </message>
        <message>
            <source>Edit {}</source>
            <translation>{} bearbeiten</translation>
        </message>
        <message>
            <source>Saved {}</source>
            <translation>{} gespeichert</translation>
        </message>
        <message>
            <source>Paused {} everywhere</source>
            <translation>{} überall pausiert</translation>
        </message>
        <message>
            <source>Paused {} in {}</source>
            <translation>{} in {} pausiert</translation>
        </message>
        <message>
            <source>{} is used in {} again</source>
            <translation>{} wird in {} wieder verwendet</translation>
        </message>
        <message>
            <source>Remove {}</source>
            <translation>{} entfernen</translation>
        </message>
        <message>
            <source>Removed {} from {}</source>
            <translation>{} aus {} entfernt</translation>
        </message>
    </context>
    <context>
        <name>SummaryStep</name>
        <message numerus="yes">
            <source>{} goes to %Ln recipient(s)</source>
            <translation>
                <numerusform>{} geht an %Ln Empfänger</numerusform>
                <numerusform>{} geht an %Ln Empfänger</numerusform>
            </translation>
        </message>
        <message>
            <source>as fast as the limits allow</source>
            <translation>so schnell, wie die Grenzen erlauben</translation>
        </message>
        <message numerus="yes">
            <source>at most %Ln message(s) an hour</source>
            <translation>
                <numerusform>höchstens %Ln Nachricht je Stunde</numerusform>
                <numerusform>höchstens %Ln Nachrichten je Stunde</numerusform>
            </translation>
        </message>
        <message>
            <source>Subject</source>
            <translation>Betreff</translation>
        </message>
        <message>
            <source>From</source>
            <translation>Von</translation>
        </message>
        <message>
            <source>List</source>
            <translation>Liste</translation>
        </message>
        <message>
            <source>Segment</source>
            <translation>Segment</translation>
        </message>
        <message>
            <source>Recipients</source>
            <translation>Empfänger</translation>
        </message>
        <message>
            <source>Stream</source>
            <translation>Stream</translation>
        </message>
        <message>
            <source>Start</source>
            <translation>Beginn</translation>
        </message>
        <message>
            <source>now</source>
            <translation>jetzt</translation>
        </message>
        <message>
            <source>Pace</source>
            <translation>Tempo</translation>
        </message>
        <message>
            <source>Nobody would get it.</source>
            <translation>Niemand bekäme es.</translation>
        </message>
    </context>
    <context>
        <name>SuppressDialog</name>
        <message>
            <source>&amp;Reason</source>
            <translation>&amp;Grund</translation>
        </message>
        <message>
            <source>They stay members and get no mail of {}, also when they are imported again. Mailings under way leave them out from now on.</source>
            <translation>Sie bleiben Mitglieder und bekommen keine Mail von {}, auch wenn sie wieder importiert werden. Laufende Mailings lassen sie von jetzt an aus.</translation>
        </message>
        <message numerus="yes">
            <source>Suppress %Ln member(s)</source>
            <translation>
                <numerusform>%Ln Mitglied ausschließen</numerusform>
                <numerusform>%Ln Mitglieder ausschließen</numerusform>
            </translation>
        </message>
        <message>
            <source>&amp;Suppress</source>
            <translation>&amp;Ausschließen</translation>
        </message>
    </context>
    <context>
        <name>TimeStep</name>
        <message>
            <source>&amp;Now, as soon as Start is pressed</source>
            <translation>&amp;Jetzt, sobald Starten gedrückt ist</translation>
        </message>
        <message>
            <source>&amp;At</source>
            <translation>&amp;Am</translation>
        </message>
        <message>
            <source>Start at</source>
            <translation>Beginnen am</translation>
        </message>
        <message>
            <source>At &amp;most</source>
            <translation>&amp;Höchstens</translation>
        </message>
        <message>
            <source> messages an hour</source>
            <translation> Nachrichten je Stunde</translation>
        </message>
        <message>
            <source>Messages an hour at most</source>
            <translation>Nachrichten je Stunde höchstens</translation>
        </message>
        <message>
            <source>&amp;Give up after</source>
            <translation>Auf&amp;geben nach</translation>
        </message>
        <message>
            <source> hours</source>
            <translation> Stunden</translation>
        </message>
        <message>
            <source>Hours after which recipients expire</source>
            <translation>Stunden, nach denen Empfänger ablaufen</translation>
        </message>
        <message>
            <source>Start</source>
            <translation>Beginn</translation>
        </message>
        <message>
            <source>Pace</source>
            <translation>Tempo</translation>
        </message>
        <message>
            <source>The limits of streams, addresses and providers count in any case.</source>
            <translation>Die Grenzen von Streams, Adressen und Anbietern gelten in jedem Fall.</translation>
        </message>
        <message>
            <source>Patience</source>
            <translation>Geduld</translation>
        </message>
        <message>
            <source>Otherwise recipients that could not be reached expire after {} hours.</source>
            <translation>Sonst laufen Empfänger, die nicht zu erreichen waren, nach {} Stunden ab.</translation>
        </message>
        <message>
            <source>The time to start at has passed already.</source>
            <translation>Der Zeitpunkt des Beginns ist schon vorbei.</translation>
        </message>
    </context>
    <context>
        <name>Toast</name>
        <message>
            <source>Undo</source>
            <translation>Rückgängig</translation>
        </message>
    </context>
    <context>
        <name>TrafficChart</name>
        <message>
            <source>{stream}: now {now}, at most {most}</source>
            <translation>{stream}: jetzt {now}, höchstens {most}</translation>
        </message>
        <message>
            <source>No mail in the last hour</source>
            <translation>In der letzten Stunde keine Mail</translation>
        </message>
    </context>
    <context>
        <name>Tray</name>
        <message>
            <source>Open MailStreams</source>
            <translation>MailStreams öffnen</translation>
        </message>
        <message>
            <source>Show blocks</source>
            <translation>Sperren zeigen</translation>
        </message>
        <message>
            <source>Quit</source>
            <translation>Beenden</translation>
        </message>
        <message numerus="yes">
            <source>%Ln block(s)</source>
            <translation>
                <numerusform>%Ln Sperre</numerusform>
                <numerusform>%Ln Sperren</numerusform>
            </translation>
        </message>
        <message>
            <source>Needs attention</source>
            <translation>Braucht Aufmerksamkeit</translation>
        </message>
        <message>
            <source>{} is refused by {}: {}</source>
            <translation>{} wird von {} abgelehnt: {}</translation>
        </message>
        <message numerus="yes">
            <source>%n new block(s)</source>
            <translation>
                <numerusform>%n neue Sperre</numerusform>
                <numerusform>%n neue Sperren</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>TryDialog</name>
        <message>
            <source>Send a test</source>
            <translation>Test senden</translation>
        </message>
        <message>
            <source>&amp;Send test</source>
            <translation>Test &amp;senden</translation>
        </message>
        <message>
            <source>&amp;To</source>
            <translation>&amp;An</translation>
        </message>
        <message>
            <source>The message goes over the mailing's stream, as a mailing of its own with one recipient. The mailing is saved as a draft.</source>
            <translation>Die Nachricht geht über den Stream des Mailings, als eigenes Mailing mit einem Empfänger. Das Mailing wird als Entwurf gespeichert.</translation>
        </message>
    </context>
    <context>
        <name>WaitingDialog</name>
        <message>
            <source>Recipients who wait</source>
            <translation>Wartende Empfänger</translation>
        </message>
        <message>
            <source>Mailing and domain</source>
            <translation>Mailing und Domain</translation>
        </message>
        <message>
            <source>&amp;Mailing and domain</source>
            <translation>&amp;Mailing und Domain</translation>
        </message>
        <message>
            <source>Nobody waits behind this block: mail goes over other addresses.</source>
            <translation>Niemand wartet hinter dieser Sperre: Die Mail geht über andere Adressen.</translation>
        </message>
        <message>
            <source>Show mailing</source>
            <translation>Mailing zeigen</translation>
        </message>
        <message>
            <source>{mailing}, {domain}: {number}</source>
            <translation>{mailing}, {domain}: {number}</translation>
        </message>
    </context>
    <context>
        <name>WhyNotSentDialog</name>
        <message>
            <source>Why not sent?</source>
            <translation>Warum nicht gesendet?</translation>
        </message>
        <message>
            <source>anna@example.com, or example.com</source>
            <translation>anna@example.com oder example.com</translation>
        </message>
        <message>
            <source>&amp;Find out</source>
            <translation>&amp;Herausfinden</translation>
        </message>
        <message>
            <source>&amp;Mailing</source>
            <translation>&amp;Mailing</translation>
        </message>
        <message>
            <source>&amp;Address or domain</source>
            <translation>&amp;Adresse oder Domain</translation>
        </message>
        <message>
            <source>Address or domain</source>
            <translation>Adresse oder Domain</translation>
        </message>
        <message>
            <source>The answer</source>
            <translation>Die Antwort</translation>
        </message>
        <message>
            <source>Pairs in the order of choice</source>
            <translation>Paare in der Reihenfolge der Wahl</translation>
        </message>
        <message>
            <source>Pairs in the order in which they would be chosen:</source>
            <translation>Paare in der Reihenfolge, in der sie gewählt würden:</translation>
        </message>
        <message>
            <source>No mailing was started yet.</source>
            <translation>Noch kein Mailing wurde begonnen.</translation>
        </message>
        <message>
            <source>Type an address, or a domain.</source>
            <translation>Tippen Sie eine Adresse oder eine Domain.</translation>
        </message>
        <message>
            <source>Looking up where mail for this domain goes…</source>
            <translation>Es wird nachgeschlagen, wohin Mail für diese Domain geht…</translation>
        </message>
        <message>
            <source>{address} in {mailing}, over stream {stream}</source>
            <translation>{address} in {mailing}, über Stream {stream}</translation>
        </message>
        <message>
            <source>; next possible time: {when} ({exact})</source>
            <translation>; nächstmöglicher Zeitpunkt: {when} ({exact})</translation>
        </message>
    </context>
    <context>
        <name>WindowSession</name>
        <message>
            <source>There is no list yet</source>
            <translation>Noch gibt es keine Liste</translation>
        </message>
        <message>
            <source>Make a site and a list on the page Lists first; a mailing needs somebody to go to.</source>
            <translation>Legen Sie zuerst auf der Seite Listen eine Site und eine Liste an; ein Mailing muss an jemanden gehen.</translation>
        </message>
    </context>
    <context>
        <name>WizardFrame</name>
        <message>
            <source>Send &amp;test to…</source>
            <translation>&amp;Test senden an…</translation>
        </message>
        <message>
            <source>Save &amp;draft</source>
            <translation>&amp;Entwurf speichern</translation>
        </message>
        <message>
            <source>&amp;Back</source>
            <translation>&amp;Zurück</translation>
        </message>
        <message>
            <source>Ne&amp;xt</source>
            <translation>&amp;Weiter</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>Abbrechen</translation>
        </message>
        <message>
            <source>Message</source>
            <translation>Nachricht</translation>
        </message>
        <message>
            <source>Recipients</source>
            <translation>Empfänger</translation>
        </message>
        <message>
            <source>Stream</source>
            <translation>Stream</translation>
        </message>
        <message>
            <source>When</source>
            <translation>Wann</translation>
        </message>
        <message>
            <source>Check and start</source>
            <translation>Prüfen und starten</translation>
        </message>
        <message>
            <source>Steps</source>
            <translation>Schritte</translation>
        </message>
    </context>
    <context>
        <name>_ScopeDelegate</name>
        <message>
            <source>What the limit is about</source>
            <translation>Wofür die Grenze gilt</translation>
        </message>
    </context>
    <context>
        <name>activity</name>
        <message>
            <source>Sending address</source>
            <translation>Sendeadresse</translation>
        </message>
        <message>
            <source>Alert</source>
            <translation>Alarm</translation>
        </message>
        <message>
            <source>Block</source>
            <translation>Sperre</translation>
        </message>
        <message>
            <source>DKIM key</source>
            <translation>DKIM-Schlüssel</translation>
        </message>
        <message>
            <source>Limits</source>
            <translation>Grenzen</translation>
        </message>
        <message>
            <source>List</source>
            <translation>Liste</translation>
        </message>
        <message>
            <source>Mailing</source>
            <translation>Mailing</translation>
        </message>
        <message>
            <source>Member</source>
            <translation>Mitglied</translation>
        </message>
        <message>
            <source>Pause at a provider</source>
            <translation>Pause bei einem Anbieter</translation>
        </message>
        <message>
            <source>Provider</source>
            <translation>Anbieter</translation>
        </message>
        <message>
            <source>Rule</source>
            <translation>Regel</translation>
        </message>
        <message>
            <source>Segment</source>
            <translation>Segment</translation>
        </message>
        <message>
            <source>Setting</source>
            <translation>Einstellung</translation>
        </message>
        <message>
            <source>Site</source>
            <translation>Site</translation>
        </message>
        <message>
            <source>Stream</source>
            <translation>Stream</translation>
        </message>
        <message>
            <source>Suppression</source>
            <translation>Ausschluss</translation>
        </message>
        <message>
            <source>added</source>
            <translation>hinzugefügt</translation>
        </message>
        <message>
            <source>stream chosen</source>
            <translation>Stream gewählt</translation>
        </message>
        <message>
            <source>cleared</source>
            <translation>aufgehoben</translation>
        </message>
        <message>
            <source>cleared with a slow start</source>
            <translation>mit langsamem Anlauf aufgehoben</translation>
        </message>
        <message>
            <source>completed</source>
            <translation>abgeschlossen</translation>
        </message>
        <message>
            <source>copied</source>
            <translation>kopiert</translation>
        </message>
        <message>
            <source>created</source>
            <translation>angelegt</translation>
        </message>
        <message>
            <source>deleted</source>
            <translation>gelöscht</translation>
        </message>
        <message>
            <source>dismissed</source>
            <translation>ausgeblendet</translation>
        </message>
        <message>
            <source>edited</source>
            <translation>bearbeitet</translation>
        </message>
        <message>
            <source>exempted</source>
            <translation>ausgenommen</translation>
        </message>
        <message>
            <source>made permanent</source>
            <translation>dauerhaft gemacht</translation>
        </message>
        <message>
            <source>imported</source>
            <translation>importiert</translation>
        </message>
        <message>
            <source>ended</source>
            <translation>beendet</translation>
        </message>
        <message>
            <source>moved</source>
            <translation>umgezogen</translation>
        </message>
        <message>
            <source>noted</source>
            <translation>notiert</translation>
        </message>
        <message>
            <source>paused</source>
            <translation>pausiert</translation>
        </message>
        <message>
            <source>probe asked for</source>
            <translation>Test verlangt</translation>
        </message>
        <message>
            <source>removed</source>
            <translation>entfernt</translation>
        </message>
        <message>
            <source>renamed</source>
            <translation>umbenannt</translation>
        </message>
        <message>
            <source>restored</source>
            <translation>wiederhergestellt</translation>
        </message>
        <message>
            <source>resumed</source>
            <translation>fortgesetzt</translation>
        </message>
        <message>
            <source>scheduled</source>
            <translation>eingeplant</translation>
        </message>
        <message>
            <source>set</source>
            <translation>gesetzt</translation>
        </message>
        <message>
            <source>made default</source>
            <translation>zum Standard gemacht</translation>
        </message>
        <message>
            <source>started</source>
            <translation>begonnen</translation>
        </message>
        <message>
            <source>stopped</source>
            <translation>angehalten</translation>
        </message>
        <message>
            <source>test sent</source>
            <translation>Test gesendet</translation>
        </message>
        <message>
            <source>exemption ended</source>
            <translation>Ausnahme beendet</translation>
        </message>
        <message>
            <source>Time</source>
            <translation>Zeit</translation>
        </message>
        <message>
            <source>Who</source>
            <translation>Wer</translation>
        </message>
        <message>
            <source>What</source>
            <translation>Was</translation>
        </message>
        <message>
            <source>Of what</source>
            <translation>Wovon</translation>
        </message>
        <message>
            <source>Before → after</source>
            <translation>Vorher → nachher</translation>
        </message>
    </context>
    <context>
        <name>associations</name>
        <message>
            <source>Name</source>
            <translation>Name</translation>
        </message>
        <message>
            <source>Stream</source>
            <translation>Stream</translation>
        </message>
        <message>
            <source>Decided by</source>
            <translation>Entschieden von</translation>
        </message>
        <message>
            <source>Members</source>
            <translation>Mitglieder</translation>
        </message>
        <message>
            <source>Active mailings</source>
            <translation>Laufende Mailings</translation>
        </message>
        <message>
            <source>All sites (server default)</source>
            <translation>Alle Sites (Vorgabe des Servers)</translation>
        </message>
        <message>
            <source>Inherit ({})</source>
            <translation>Erben ({})</translation>
        </message>
        <message>
            <source>this site</source>
            <translation>diese Site</translation>
        </message>
        <message>
            <source>this list</source>
            <translation>diese Liste</translation>
        </message>
        <message>
            <source>this segment</source>
            <translation>dieses Segment</translation>
        </message>
        <message>
            <source>inherited from list {}</source>
            <translation>geerbt von Liste {}</translation>
        </message>
        <message>
            <source>inherited from site {}</source>
            <translation>geerbt von Site {}</translation>
        </message>
        <message>
            <source>server default</source>
            <translation>Vorgabe des Servers</translation>
        </message>
    </context>
    <context>
        <name>blocks</name>
        <message>
            <source>State</source>
            <translation>Zustand</translation>
        </message>
        <message>
            <source>Streams</source>
            <translation>Streams</translation>
        </message>
        <message>
            <source>Sending address</source>
            <translation>Sendeadresse</translation>
        </message>
        <message>
            <source>Domain</source>
            <translation>Domain</translation>
        </message>
        <message>
            <source>Provider</source>
            <translation>Anbieter</translation>
        </message>
        <message>
            <source>MX host</source>
            <translation>MX-Host</translation>
        </message>
        <message>
            <source>MX address</source>
            <translation>MX-Adresse</translation>
        </message>
        <message>
            <source>Reason</source>
            <translation>Grund</translation>
        </message>
        <message>
            <source>Reply</source>
            <translation>Antwort</translation>
        </message>
        <message>
            <source>Since</source>
            <translation>Seit</translation>
        </message>
        <message>
            <source>Last probe</source>
            <translation>Letzter Test</translation>
        </message>
        <message>
            <source>Next probe</source>
            <translation>Nächster Test</translation>
        </message>
        <message>
            <source>Held</source>
            <translation>Zurückgehalten</translation>
        </message>
        <message>
            <source>Recipients that wait because every address of their stream is refused there</source>
            <translation>Empfänger, die warten, weil dort jede Adresse ihres Streams abgelehnt wird</translation>
        </message>
        <message>
            <source>Probes</source>
            <translation>Tests</translation>
        </message>
        <message>
            <source>Permanent</source>
            <translation>Dauerhaft</translation>
        </message>
        <message>
            <source>now</source>
            <translation>jetzt</translation>
        </message>
        <message>
            <source>at once</source>
            <translation>sofort</translation>
        </message>
        <message>
            <source>Time</source>
            <translation>Zeit</translation>
        </message>
        <message>
            <source>What</source>
            <translation>Was</translation>
        </message>
        <message>
            <source>Who</source>
            <translation>Wer</translation>
        </message>
        <message>
            <source>Details</source>
            <translation>Einzelheiten</translation>
        </message>
        <message numerus="yes">
            <source>%Ln block(s)</source>
            <translation>
                <numerusform>%Ln Sperre</numerusform>
                <numerusform>%Ln Sperren</numerusform>
            </translation>
        </message>
        <message>
            <source>in no stream</source>
            <translation>in keinem Stream</translation>
        </message>
        <message>
            <source>Refused</source>
            <translation>Abgelehnt</translation>
        </message>
        <message numerus="yes">
            <source>all, %Ln refused</source>
            <translation>
                <numerusform>alle, %Ln abgelehnt</numerusform>
                <numerusform>alle, %Ln abgelehnt</numerusform>
            </translation>
        </message>
        <message>
            <source>Suspect</source>
            <translation>Verdacht</translation>
        </message>
        <message>
            <source>Blocked</source>
            <translation>Gesperrt</translation>
        </message>
        <message>
            <source>Probing</source>
            <translation>Im Test</translation>
        </message>
        <message>
            <source>Recovering</source>
            <translation>Im Anlauf</translation>
        </message>
        <message>
            <source>Exempt</source>
            <translation>Ausgenommen</translation>
        </message>
        <message>
            <source>Cleared</source>
            <translation>Aufgehoben</translation>
        </message>
        <message>
            <source>Widened</source>
            <translation>Ausgeweitet</translation>
        </message>
        <message>
            <source>Probe started</source>
            <translation>Test begonnen</translation>
        </message>
        <message>
            <source>Probe refused</source>
            <translation>Test abgelehnt</translation>
        </message>
        <message>
            <source>Probe without result</source>
            <translation>Test ohne Ergebnis</translation>
        </message>
        <message>
            <source>Probe accepted</source>
            <translation>Test angenommen</translation>
        </message>
        <message>
            <source>Slow start</source>
            <translation>Langsamer Anlauf</translation>
        </message>
        <message>
            <source>Recovered</source>
            <translation>Erholt</translation>
        </message>
        <message>
            <source>Restored</source>
            <translation>Wiederhergestellt</translation>
        </message>
        <message>
            <source>Made permanent</source>
            <translation>Dauerhaft gemacht</translation>
        </message>
        <message>
            <source>Exempted</source>
            <translation>Ausgenommen</translation>
        </message>
        <message>
            <source>Probe asked for</source>
            <translation>Test verlangt</translation>
        </message>
        <message>
            <source>Noted</source>
            <translation>Notiert</translation>
        </message>
        <message>
            <source>greeting</source>
            <translation>Begrüßung</translation>
        </message>
        <message>
            <source>end of data</source>
            <translation>Ende der Daten</translation>
        </message>
        <message>
            <source>mid-session</source>
            <translation>mitten in der Sitzung</translation>
        </message>
        <message>
            <source>Total block</source>
            <translation>Totalsperre</translation>
        </message>
        <message numerus="yes">
            <source>Clear %Ln block(s)</source>
            <translation>
                <numerusform>%Ln Sperre aufheben</numerusform>
                <numerusform>%Ln Sperren aufheben</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln block(s) cleared</source>
            <translation>
                <numerusform>%Ln Sperre aufgehoben</numerusform>
                <numerusform>%Ln Sperren aufgehoben</numerusform>
            </translation>
        </message>
        <message>
            <source>The block is back</source>
            <translation>Die Sperre ist wieder da</translation>
        </message>
        <message>
            <source>Clear all blocks of {}</source>
            <translation>Alle Sperren von {} aufheben</translation>
        </message>
        <message>
            <source>The pairs open at once. This can be undone for as long as the window is open.</source>
            <translation>Die Paare öffnen sich sofort. Das lässt sich rückgängig machen, solange das Fenster offen ist.</translation>
        </message>
        <message>
            <source>Clear {} blocks</source>
            <translation>{} Sperren aufheben</translation>
        </message>
        <message numerus="yes">
            <source>%Ln block(s) cleared with a slow start</source>
            <translation>
                <numerusform>%Ln Sperre mit langsamem Anlauf aufgehoben</numerusform>
                <numerusform>%Ln Sperren mit langsamem Anlauf aufgehoben</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln block(s) will be tested at once</source>
            <translation>
                <numerusform>%Ln Sperre wird sofort getestet</numerusform>
                <numerusform>%Ln Sperren werden sofort getestet</numerusform>
            </translation>
        </message>
        <message>
            <source>Nothing to test: the pair is open, or a test is under way</source>
            <translation>Nichts zu testen: Das Paar ist offen, oder ein Test läuft</translation>
        </message>
        <message numerus="yes">
            <source>%Ln block(s) made permanent: no probes</source>
            <translation>
                <numerusform>%Ln Sperre dauerhaft gemacht: keine Tests</numerusform>
                <numerusform>%Ln Sperren dauerhaft gemacht: keine Tests</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>Never block %Ln pair(s) again</source>
            <translation>
                <numerusform>%Ln Paar nie wieder sperren</numerusform>
                <numerusform>%Ln Paare nie wieder sperren</numerusform>
            </translation>
        </message>
        <message>
            <source>Whatever is said there, mail goes on over these pairs. End it in the menu of the block.</source>
            <translation>Was dort auch gesagt wird: Mail geht weiter über diese Paare. Beenden lässt sich das im Menü der Sperre.</translation>
        </message>
        <message>
            <source>Exempt {}</source>
            <translation>{} ausnehmen</translation>
        </message>
        <message numerus="yes">
            <source>Exempt %Ln block(s)</source>
            <translation>
                <numerusform>%Ln Sperre ausnehmen</numerusform>
                <numerusform>%Ln Sperren ausnehmen</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln pair(s) exempt</source>
            <translation>
                <numerusform>%Ln Paar ausgenommen</numerusform>
                <numerusform>%Ln Paare ausgenommen</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln exemption(s) ended</source>
            <translation>
                <numerusform>%Ln Ausnahme beendet</numerusform>
                <numerusform>%Ln Ausnahmen beendet</numerusform>
            </translation>
        </message>
        <message>
            <source>Note</source>
            <translation>Notiz</translation>
        </message>
        <message>
            <source>Note saved</source>
            <translation>Notiz gespeichert</translation>
        </message>
        <message>
            <source>Reply copied</source>
            <translation>Antwort kopiert</translation>
        </message>
        <message>
            <source>Evidence copied</source>
            <translation>Belege kopiert</translation>
        </message>
        <message>
            <source>Export blocks</source>
            <translation>Sperren exportieren</translation>
        </message>
        <message numerus="yes">
            <source>%Ln block(s) written</source>
            <translation>
                <numerusform>%Ln Sperre geschrieben</numerusform>
                <numerusform>%Ln Sperren geschrieben</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>engine</name>
        <message>
            <source>Stopped</source>
            <translation>Angehalten</translation>
        </message>
        <message>
            <source>No engine runs: no mail leaves. Start it in the menu Engine.</source>
            <translation>Keine Engine läuft: Keine Mail geht hinaus. Starten Sie sie im Menü Engine.</translation>
        </message>
        <message>
            <source>Starting</source>
            <translation>Startet</translation>
        </message>
        <message>
            <source>Idle</source>
            <translation>Ruht</translation>
        </message>
        <message>
            <source>Sending</source>
            <translation>Sendet</translation>
        </message>
        <message>
            <source>Draining</source>
            <translation>Sendet fertig</translation>
        </message>
        <message>
            <source>The engine of this window runs as process {}.</source>
            <translation>Die Engine dieses Fensters läuft als Prozess {}.</translation>
        </message>
        <message>
            <source>{} (another process)</source>
            <translation>{} (anderer Prozess)</translation>
        </message>
        <message>
            <source>The engine runs apart from this window, as process {}.</source>
            <translation>Die Engine läuft unabhängig von diesem Fenster, als Prozess {}.</translation>
        </message>
    </context>
    <context>
        <name>goto</name>
        <message>
            <source>stream</source>
            <translation>Stream</translation>
        </message>
        <message>
            <source>sending address</source>
            <translation>Sendeadresse</translation>
        </message>
        <message>
            <source>site</source>
            <translation>Site</translation>
        </message>
        <message>
            <source>list</source>
            <translation>Liste</translation>
        </message>
        <message>
            <source>segment</source>
            <translation>Segment</translation>
        </message>
        <message>
            <source>mailing</source>
            <translation>Mailing</translation>
        </message>
        <message>
            <source>blocked domain</source>
            <translation>gesperrte Domain</translation>
        </message>
        <message>
            <source>member</source>
            <translation>Mitglied</translation>
        </message>
    </context>
    <context>
        <name>import</name>
        <message>
            <source>Line</source>
            <translation>Zeile</translation>
        </message>
        <message>
            <source>Column</source>
            <translation>Spalte</translation>
        </message>
        <message>
            <source>Reason</source>
            <translation>Grund</translation>
        </message>
        <message>
            <source>What stands there</source>
            <translation>Was dort steht</translation>
        </message>
    </context>
    <context>
        <name>limits</name>
        <message>
            <source>For</source>
            <translation>Für</translation>
        </message>
        <message>
            <source>Provider, domains or address</source>
            <translation>Anbieter, Domains oder Adresse</translation>
        </message>
        <message>
            <source>Connections</source>
            <translation>Verbindungen</translation>
        </message>
        <message>
            <source>Connections/h</source>
            <translation>Verbindungen/h</translation>
        </message>
        <message>
            <source>Messages/connection</source>
            <translation>Nachrichten/Verbindung</translation>
        </message>
        <message>
            <source>Messages/h</source>
            <translation>Nachrichten/h</translation>
        </message>
        <message>
            <source>Each pair of addresses</source>
            <translation>Jedes Adresspaar</translation>
        </message>
        <message>
            <source>Each address at a provider</source>
            <translation>Jede Adresse bei einem Anbieter</translation>
        </message>
        <message>
            <source>All addresses at a domain</source>
            <translation>Alle Adressen bei einer Domain</translation>
        </message>
        <message>
            <source>One sending address</source>
            <translation>Eine Sendeadresse</translation>
        </message>
        <message>
            <source>each by itself</source>
            <translation>jede für sich</translation>
        </message>
        <message>
            <source>{} connections</source>
            <translation>{} Verbindungen</translation>
        </message>
        <message>
            <source>{} connections/h</source>
            <translation>{} Verbindungen/h</translation>
        </message>
        <message>
            <source>{} messages/connection</source>
            <translation>{} Nachrichten/Verbindung</translation>
        </message>
        <message>
            <source>{} messages/h</source>
            <translation>{} Nachrichten/h</translation>
        </message>
    </context>
    <context>
        <name>lists</name>
        <message>
            <source>Address</source>
            <translation>Adresse</translation>
        </message>
        <message>
            <source>Name</source>
            <translation>Name</translation>
        </message>
        <message>
            <source>State</source>
            <translation>Zustand</translation>
        </message>
        <message>
            <source>Domain</source>
            <translation>Domain</translation>
        </message>
        <message>
            <source>Joined</source>
            <translation>Beigetreten</translation>
        </message>
        <message>
            <source>Fields</source>
            <translation>Felder</translation>
        </message>
        <message>
            <source>Mailbox</source>
            <translation>Postfach</translation>
        </message>
        <message>
            <source>For</source>
            <translation>Für</translation>
        </message>
        <message>
            <source>Since</source>
            <translation>Seit</translation>
        </message>
        <message>
            <source>By</source>
            <translation>Von</translation>
        </message>
        <message>
            <source>Reason</source>
            <translation>Grund</translation>
        </message>
        <message>
            <source>Gets no mail</source>
            <translation>Bekommt keine Mail</translation>
        </message>
        <message>
            <source>Active</source>
            <translation>Aktiv</translation>
        </message>
        <message>
            <source>all lists</source>
            <translation>alle Listen</translation>
        </message>
        <message>
            <source>Sites, lists, segments</source>
            <translation>Sites, Listen, Segmente</translation>
        </message>
        <message>
            <source>Members</source>
            <translation>Mitglieder</translation>
        </message>
        <message>
            <source>site</source>
            <translation>Site</translation>
        </message>
        <message>
            <source>list</source>
            <translation>Liste</translation>
        </message>
        <message>
            <source>segment</source>
            <translation>Segment</translation>
        </message>
    </context>
    <context>
        <name>mailings</name>
        <message>
            <source>Name</source>
            <translation>Name</translation>
        </message>
        <message>
            <source>List</source>
            <translation>Liste</translation>
        </message>
        <message>
            <source>Stream</source>
            <translation>Stream</translation>
        </message>
        <message>
            <source>State</source>
            <translation>Zustand</translation>
        </message>
        <message>
            <source>Progress</source>
            <translation>Fortschritt</translation>
        </message>
        <message>
            <source>Rate</source>
            <translation>Rate</translation>
        </message>
        <message>
            <source>Messages per second, over the last minute</source>
            <translation>Nachrichten je Sekunde, in der letzten Minute</translation>
        </message>
        <message>
            <source>Time left</source>
            <translation>Restzeit</translation>
        </message>
        <message>
            <source>At the present rate, held recipients apart</source>
            <translation>Bei der jetzigen Rate, ohne zurückgehaltene Empfänger</translation>
        </message>
        <message>
            <source>Started</source>
            <translation>Begonnen</translation>
        </message>
        <message>
            <source>Domain</source>
            <translation>Domain</translation>
        </message>
        <message>
            <source>Provider</source>
            <translation>Anbieter</translation>
        </message>
        <message>
            <source>Total</source>
            <translation>Gesamt</translation>
        </message>
        <message>
            <source>Delivered</source>
            <translation>Zugestellt</translation>
        </message>
        <message>
            <source>Failed</source>
            <translation>Gescheitert</translation>
        </message>
        <message>
            <source>Held</source>
            <translation>Zurückgehalten</translation>
        </message>
        <message>
            <source>Waiting</source>
            <translation>Wartend</translation>
        </message>
        <message>
            <source>In doubt</source>
            <translation>Ungewiss</translation>
        </message>
        <message>
            <source>Last</source>
            <translation>Zuletzt</translation>
        </message>
        <message>
            <source>Last reply</source>
            <translation>Letzte Antwort</translation>
        </message>
        <message>
            <source>When</source>
            <translation>Wann</translation>
        </message>
        <message>
            <source>Reply</source>
            <translation>Antwort</translation>
        </message>
        <message>
            <source>Recipient</source>
            <translation>Empfänger</translation>
        </message>
        <message>
            <source>Attempts</source>
            <translation>Versuche</translation>
        </message>
        <message>
            <source>Next attempt</source>
            <translation>Nächster Versuch</translation>
        </message>
        <message>
            <source>Sent via</source>
            <translation>Gesendet über</translation>
        </message>
        <message>
            <source>MX address</source>
            <translation>MX-Adresse</translation>
        </message>
        <message>
            <source>Draft</source>
            <translation>Entwurf</translation>
        </message>
        <message>
            <source>Scheduled</source>
            <translation>Eingeplant</translation>
        </message>
        <message>
            <source>Active</source>
            <translation>Aktiv</translation>
        </message>
        <message>
            <source>Paused</source>
            <translation>Pausiert</translation>
        </message>
        <message>
            <source>Stopped</source>
            <translation>Angehalten</translation>
        </message>
        <message>
            <source>Completed</source>
            <translation>Abgeschlossen</translation>
        </message>
        <message>
            <source>In flight</source>
            <translation>Unterwegs</translation>
        </message>
        <message>
            <source>Expired</source>
            <translation>Abgelaufen</translation>
        </message>
        <message>
            <source>delivered</source>
            <translation>zugestellt</translation>
        </message>
        <message>
            <source>failed</source>
            <translation>gescheitert</translation>
        </message>
        <message>
            <source>stopped</source>
            <translation>angehalten</translation>
        </message>
        <message>
            <source>in doubt</source>
            <translation>ungewiss</translation>
        </message>
        <message>
            <source>held</source>
            <translation>zurückgehalten</translation>
        </message>
        <message>
            <source>waiting</source>
            <translation>wartend</translation>
        </message>
        <message>
            <source>{} › {}</source>
            <translation>{} › {}</translation>
        </message>
        <message>
            <source>chosen for this mailing</source>
            <translation>für dieses Mailing gewählt</translation>
        </message>
        <message>
            <source>chosen by segment {}</source>
            <translation>gewählt vom Segment {}</translation>
        </message>
        <message>
            <source>chosen by list {}</source>
            <translation>gewählt von der Liste {}</translation>
        </message>
        <message>
            <source>chosen by the site of list {}</source>
            <translation>gewählt von der Site der Liste {}</translation>
        </message>
        <message>
            <source>the server's default stream</source>
            <translation>der Standard-Stream des Servers</translation>
        </message>
        <message>
            <source>{} of {}</source>
            <translation>{} von {}</translation>
        </message>
    </context>
    <context>
        <name>overview</name>
        <message>
            <source>Provider</source>
            <translation>Anbieter</translation>
        </message>
        <message>
            <source>What became of it</source>
            <translation>Was daraus wurde</translation>
        </message>
        <message>
            <source>In this hour and the last: delivered, failed, tried again later, blocked</source>
            <translation>In dieser und der letzten Stunde: zugestellt, gescheitert, später wieder versucht, gesperrt</translation>
        </message>
        <message>
            <source>Refusals</source>
            <translation>Ablehnungen</translation>
        </message>
        <message>
            <source>delivered</source>
            <translation>zugestellt</translation>
        </message>
        <message>
            <source>failed</source>
            <translation>gescheitert</translation>
        </message>
        <message>
            <source>tried again later</source>
            <translation>später wieder versucht</translation>
        </message>
        <message>
            <source>refused as blocked</source>
            <translation>als gesperrt abgelehnt</translation>
        </message>
        <message>
            <source>Messages per second by stream over the last hour</source>
            <translation>Nachrichten je Sekunde nach Stream in der letzten Stunde</translation>
        </message>
        <message>
            <source>messages/s</source>
            <translation>Nachrichten/s</translation>
        </message>
        <message>
            <source>New blocks by hour over the last day</source>
            <translation>Neue Sperren je Stunde am letzten Tag</translation>
        </message>
        <message>
            <source>new blocks</source>
            <translation>neue Sperren</translation>
        </message>
    </context>
    <context>
        <name>pages</name>
        <message>
            <source>Overview</source>
            <translation>Übersicht</translation>
        </message>
        <message>
            <source>Streams</source>
            <translation>Streams</translation>
        </message>
        <message>
            <source>Associations</source>
            <translation>Zuordnungen</translation>
        </message>
        <message>
            <source>Blocks</source>
            <translation>Sperren</translation>
        </message>
        <message>
            <source>Mailings</source>
            <translation>Mailings</translation>
        </message>
        <message>
            <source>Lists</source>
            <translation>Listen</translation>
        </message>
        <message>
            <source>Activity</source>
            <translation>Aktivität</translation>
        </message>
        <message>
            <source>Settings</source>
            <translation>Einstellungen</translation>
        </message>
    </context>
    <context>
        <name>preflight</name>
        <message>
            <source>Bind</source>
            <translation>Binden</translation>
        </message>
        <message>
            <source>Reverse name</source>
            <translation>Reverse-Name</translation>
        </message>
        <message>
            <source>HELO</source>
            <translation>HELO</translation>
        </message>
        <message>
            <source>Port 25</source>
            <translation>Port 25</translation>
        </message>
        <message>
            <source>SPF</source>
            <translation>SPF</translation>
        </message>
        <message>
            <source>Pass</source>
            <translation>Bestanden</translation>
        </message>
        <message>
            <source>Warning</source>
            <translation>Warnung</translation>
        </message>
        <message>
            <source>Fail</source>
            <translation>Nicht bestanden</translation>
        </message>
        <message>
            <source>Address</source>
            <translation>Adresse</translation>
        </message>
        <message>
            <source>Family</source>
            <translation>Familie</translation>
        </message>
        <message>
            <source>This machine</source>
            <translation>Dieser Rechner</translation>
        </message>
        <message>
            <source>HELO name</source>
            <translation>HELO-Name</translation>
        </message>
        <message>
            <source>Other streams</source>
            <translation>Andere Streams</translation>
        </message>
        <message>
            <source>Has it</source>
            <translation>Hat sie</translation>
        </message>
        <message>
            <source>Not here</source>
            <translation>Nicht hier</translation>
        </message>
        <message>
            <source>The address exists already; edit it on the streams page.</source>
            <translation>Die Adresse gibt es schon; bearbeiten Sie sie auf der Seite Streams.</translation>
        </message>
        <message>
            <source>How the address greets. Press F2 to change it.</source>
            <translation>Wie die Adresse grüßt. F2 ändert es.</translation>
        </message>
        <message>
            <source>No interface of this machine has this address now.</source>
            <translation>Keine Schnittstelle dieses Rechners hat diese Adresse jetzt.</translation>
        </message>
    </context>
    <context>
        <name>rules</name>
        <message>
            <source>Block</source>
            <translation>Sperre</translation>
        </message>
        <message>
            <source>Throttle</source>
            <translation>Drosselung</translation>
        </message>
        <message>
            <source>Greylisting</source>
            <translation>Greylisting</translation>
        </message>
        <message>
            <source>Bad recipient</source>
            <translation>Falscher Empfänger</translation>
        </message>
        <message>
            <source>Mailbox full</source>
            <translation>Postfach voll</translation>
        </message>
        <message>
            <source>Content</source>
            <translation>Inhalt</translation>
        </message>
        <message>
            <source>Sender domain</source>
            <translation>Absenderdomain</translation>
        </message>
        <message>
            <source>Policy</source>
            <translation>Richtlinie</translation>
        </message>
        <message>
            <source>Size</source>
            <translation>Größe</translation>
        </message>
        <message>
            <source>Relaying</source>
            <translation>Weiterleitung</translation>
        </message>
        <message>
            <source>Their trouble</source>
            <translation>Störung dort</translation>
        </message>
        <message>
            <source>Protocol</source>
            <translation>Protokoll</translation>
        </message>
        <message>
            <source>Accepted</source>
            <translation>Angenommen</translation>
        </message>
        <message>
            <source>By its code</source>
            <translation>Nach dem Code</translation>
        </message>
        <message>
            <source>This MX address</source>
            <translation>Diese MX-Adresse</translation>
        </message>
        <message>
            <source>All exchangers of the destination</source>
            <translation>Alle Mailserver des Ziels</translation>
        </message>
        <message>
            <source>Off</source>
            <translation>Aus</translation>
        </message>
        <message>
            <source>Shadow: only logged</source>
            <translation>Schatten: nur protokolliert</translation>
        </message>
        <message>
            <source>On, your own</source>
            <translation>Ein, Ihre eigene</translation>
        </message>
        <message>
            <source>On, bundled</source>
            <translation>Ein, mitgeliefert</translation>
        </message>
        <message>
            <source>{}, permanent</source>
            <translation>{}, dauerhaft</translation>
        </message>
        <message>
            <source>Order</source>
            <translation>Reihenfolge</translation>
        </message>
        <message>
            <source>Rule</source>
            <translation>Regel</translation>
        </message>
        <message>
            <source>State</source>
            <translation>Zustand</translation>
        </message>
        <message>
            <source>Verdict</source>
            <translation>Urteil</translation>
        </message>
        <message>
            <source>Provider</source>
            <translation>Anbieter</translation>
        </message>
        <message>
            <source>Codes</source>
            <translation>Codes</translation>
        </message>
        <message>
            <source>Advice</source>
            <translation>Rat</translation>
        </message>
        <message>
            <source>Met</source>
            <translation>Getroffen</translation>
        </message>
        <message>
            <source>Stage</source>
            <translation>Phase</translation>
        </message>
        <message>
            <source>Decided now</source>
            <translation>Jetzt entschieden</translation>
        </message>
        <message>
            <source>Would be</source>
            <translation>Wäre</translation>
        </message>
        <message>
            <source>Reply</source>
            <translation>Antwort</translation>
        </message>
    </context>
    <context>
        <name>segments</name>
        <message>
            <source>is</source>
            <translation>ist</translation>
        </message>
        <message>
            <source>is not</source>
            <translation>ist nicht</translation>
        </message>
        <message>
            <source>contains</source>
            <translation>enthält</translation>
        </message>
        <message>
            <source>starts with</source>
            <translation>beginnt mit</translation>
        </message>
        <message>
            <source>ends with</source>
            <translation>endet mit</translation>
        </message>
        <message>
            <source>is one of</source>
            <translation>ist eines von</translation>
        </message>
        <message>
            <source>is greater than</source>
            <translation>ist größer als</translation>
        </message>
        <message>
            <source>is less than</source>
            <translation>ist kleiner als</translation>
        </message>
        <message>
            <source>is before</source>
            <translation>ist vor</translation>
        </message>
        <message>
            <source>is after</source>
            <translation>ist nach</translation>
        </message>
        <message>
            <source>has a value</source>
            <translation>hat einen Wert</translation>
        </message>
        <message>
            <source>has no value</source>
            <translation>hat keinen Wert</translation>
        </message>
        <message>
            <source>Address</source>
            <translation>Adresse</translation>
        </message>
        <message>
            <source>Name</source>
            <translation>Name</translation>
        </message>
        <message>
            <source>Domain</source>
            <translation>Domain</translation>
        </message>
        <message>
            <source>Joined on</source>
            <translation>Beigetreten am</translation>
        </message>
    </context>
    <context>
        <name>settings</name>
        <message>
            <source>Domain</source>
            <translation>Domain</translation>
        </message>
        <message>
            <source>Selector</source>
            <translation>Selektor</translation>
        </message>
        <message>
            <source>State</source>
            <translation>Zustand</translation>
        </message>
        <message>
            <source>File</source>
            <translation>Datei</translation>
        </message>
        <message>
            <source>Can't be used</source>
            <translation>Nicht verwendbar</translation>
        </message>
        <message>
            <source>In use</source>
            <translation>In Gebrauch</translation>
        </message>
        <message>
            <source>Sending</source>
            <translation>Sendet</translation>
        </message>
        <message>
            <source>Probes</source>
            <translation>Tests</translation>
        </message>
        <message>
            <source>Rules</source>
            <translation>Regeln</translation>
        </message>
        <message>
            <source>Sender domains</source>
            <translation>Absenderdomains</translation>
        </message>
        <message>
            <source>Network</source>
            <translation>Netz</translation>
        </message>
        <message>
            <source>Notifications</source>
            <translation>Benachrichtigungen</translation>
        </message>
        <message>
            <source>Database</source>
            <translation>Datenbank</translation>
        </message>
        <message>
            <source>Appearance</source>
            <translation>Aussehen</translation>
        </message>
        <message>
            <source>Ask me</source>
            <translation>Mich fragen</translation>
        </message>
        <message>
            <source>Treat as delivered</source>
            <translation>Als zugestellt behandeln</translation>
        </message>
        <message>
            <source>Send again</source>
            <translation>Noch einmal senden</translation>
        </message>
        <message>
            <source>As the system</source>
            <translation>Wie das System</translation>
        </message>
        <message>
            <source>Light</source>
            <translation>Hell</translation>
        </message>
        <message>
            <source>Dark</source>
            <translation>Dunkel</translation>
        </message>
        <message>
            <source>Everything</source>
            <translation>Alles</translation>
        </message>
        <message>
            <source>What happens</source>
            <translation>Was geschieht</translation>
        </message>
        <message>
            <source>Warnings</source>
            <translation>Warnungen</translation>
        </message>
        <message>
            <source>Errors</source>
            <translation>Fehler</translation>
        </message>
        <message>
            <source>English</source>
            <translation>Englisch</translation>
        </message>
        <message>
            <source>seconds</source>
            <translation>Sekunden</translation>
        </message>
        <message>
            <source>messages</source>
            <translation>Nachrichten</translation>
        </message>
        <message>
            <source>Retry after</source>
            <translation>Erneut versuchen nach</translation>
        </message>
        <message>
            <source>Minutes from each attempt to the next, with commas; the last one is repeated.</source>
            <translation>Minuten von jedem Versuch zum nächsten, mit Kommas; die letzte wird wiederholt.</translation>
        </message>
        <message>
            <source>minutes</source>
            <translation>Minuten</translation>
        </message>
        <message>
            <source>Give up after</source>
            <translation>Aufgeben nach</translation>
        </message>
        <message>
            <source>Recipients who could not be reached by then expire. A mailing can have its own.</source>
            <translation>Empfänger, die bis dahin nicht zu erreichen waren, laufen ab. Ein Mailing kann Eigenes haben.</translation>
        </message>
        <message>
            <source>hours</source>
            <translation>Stunden</translation>
        </message>
        <message>
            <source>Recipients in doubt</source>
            <translation>Ungewisse Empfänger</translation>
        </message>
        <message>
            <source>What becomes of recipients of whom nobody knows whether they got the message.</source>
            <translation>Was aus Empfängern wird, von denen niemand weiß, ob sie die Nachricht bekamen.</translation>
        </message>
        <message>
            <source>Only over TLS</source>
            <translation>Nur über TLS</translation>
        </message>
        <message>
            <source>Domains and providers, with commas, that get mail only over a checked STARTTLS; * for all.</source>
            <translation>Domains und Anbieter, mit Kommas, die Mail nur über geprüftes STARTTLS bekommen; * für alle.</translation>
        </message>
        <message>
            <source>Connections of a pair</source>
            <translation>Verbindungen eines Paars</translation>
        </message>
        <message>
            <source>At a time, from one sending address to one MX address; smaller limits win.</source>
            <translation>Zugleich, von einer Sendeadresse zu einer MX-Adresse; kleinere Grenzen gewinnen.</translation>
        </message>
        <message>
            <source>connections</source>
            <translation>Verbindungen</translation>
        </message>
        <message>
            <source>Messages of a connection</source>
            <translation>Nachrichten einer Verbindung</translation>
        </message>
        <message>
            <source>After so many messages a connection is closed and another one opened.</source>
            <translation>Nach so vielen Nachrichten wird eine Verbindung geschlossen und eine neue geöffnet.</translation>
        </message>
        <message>
            <source>Pause a mailing when refused</source>
            <translation>Mailing pausieren, wenn abgelehnt</translation>
        </message>
        <message>
            <source>The share of a mailing's recipients at a provider, refused for content or policy: 0.5 is half.</source>
            <translation>Der Anteil der Empfänger eines Mailings bei einem Anbieter, die wegen Inhalt oder Richtlinie abgelehnt wurden: 0.5 ist die Hälfte.</translation>
        </message>
        <message>
            <source>But not before</source>
            <translation>Aber nicht vor</translation>
        </message>
        <message>
            <source>So many refusals at a provider must have come before their share counts.</source>
            <translation>So viele Ablehnungen müssen bei einem Anbieter gekommen sein, bevor ihr Anteil zählt.</translation>
        </message>
        <message>
            <source>refusals</source>
            <translation>Ablehnungen</translation>
        </message>
        <message>
            <source>Wait for a connection</source>
            <translation>Auf eine Verbindung warten</translation>
        </message>
        <message>
            <source>An exchanger that has not answered by then is tried again later. Counts from the next start of the engine on.</source>
            <translation>Ein Mailserver, der bis dahin nicht geantwortet hat, wird später wieder versucht. Gilt vom nächsten Start der Engine an.</translation>
        </message>
        <message>
            <source>Wait for a reply</source>
            <translation>Auf eine Antwort warten</translation>
        </message>
        <message>
            <source>RFC 5321 asks for five minutes and more. Counts from the next start of the engine on.</source>
            <translation>RFC 5321 verlangt fünf Minuten und mehr. Gilt vom nächsten Start der Engine an.</translation>
        </message>
        <message>
            <source>Time to finish</source>
            <translation>Zeit zum Fertigwerden</translation>
        </message>
        <message>
            <source>How long open transactions may take when the engine stops.</source>
            <translation>Wie lange offene Transaktionen dauern dürfen, wenn die Engine anhält.</translation>
        </message>
        <message>
            <source>Worker processes</source>
            <translation>Arbeitsprozesse</translation>
        </message>
        <message>
            <source>They talk to mail exchangers, each on a processor of its own. Counts from the next start of the engine on.</source>
            <translation>Sie sprechen mit Mailservern, jeder auf einem eigenen Prozessor. Gilt vom nächsten Start der Engine an.</translation>
        </message>
        <message>
            <source>processes</source>
            <translation>Prozesse</translation>
        </message>
        <message>
            <source>Test each block every</source>
            <translation>Jede Sperre testen alle</translation>
        </message>
        <message>
            <source>With ten percent of chance, so that tests do not come all at once. Rules may differ.</source>
            <translation>Mit zehn Prozent Zufall, damit nicht alle Tests zugleich kommen. Regeln können anderes sagen.</translation>
        </message>
        <message>
            <source>Slow start, one step</source>
            <translation>Langsamer Anlauf, eine Stufe</translation>
        </message>
        <message>
            <source>After a test that was accepted a pair sends 1, 2, 4, 8 … messages, doubling each step.</source>
            <translation>Nach einem angenommenen Test sendet ein Paar 1, 2, 4, 8 … Nachrichten, mit jeder Stufe doppelt so viele.</translation>
        </message>
        <message>
            <source>Name servers</source>
            <translation>Nameserver</translation>
        </message>
        <message>
            <source>IP addresses with commas, each with a port if need be; empty: those of this machine.</source>
            <translation>IP-Adressen mit Kommas, wenn nötig mit Port; leer: die dieses Rechners.</translation>
        </message>
        <message>
            <source>SMTP port</source>
            <translation>SMTP-Port</translation>
        </message>
        <message>
            <source>The port that mail exchangers are called at: 25 on the internet. Counts from the next start of the engine on.</source>
            <translation>Der Port, an dem Mailserver angerufen werden: im Internet 25. Gilt vom nächsten Start der Engine an.</translation>
        </message>
        <message>
            <source>Mail to this machine</source>
            <translation>Mail an diesen Rechner</translation>
        </message>
        <message>
            <source>Allow mail to exchangers with addresses of this machine; for rehearsals.</source>
            <translation>Mail an Mailserver mit Adressen dieses Rechners erlauben; für Übungen.</translation>
        </message>
        <message>
            <source>New blocks</source>
            <translation>Neue Sperren</translation>
        </message>
        <message>
            <source>The tray tells when a provider begins to refuse an address.</source>
            <translation>Der Infobereich meldet, wenn ein Anbieter beginnt, eine Adresse abzulehnen.</translation>
        </message>
        <message>
            <source>What needs attention</source>
            <translation>Was Aufmerksamkeit braucht</translation>
        </message>
        <message>
            <source>The tray tells of total blocks, unusable addresses and mailings that paused themselves.</source>
            <translation>Der Infobereich meldet Totalsperren, nicht verwendbare Adressen und Mailings, die sich selbst pausiert haben.</translation>
        </message>
        <message>
            <source>Log file</source>
            <translation>Logdatei</translation>
        </message>
        <message>
            <source>The least that is written to it. Counts from the next start of a program on.</source>
            <translation>Das Geringste, was hineingeschrieben wird. Gilt ab dem nächsten Start eines Programms.</translation>
        </message>
        <message>
            <source>Colours</source>
            <translation>Farben</translation>
        </message>
        <message>
            <source>Light, dark, or what the system shows. Counts at once.</source>
            <translation>Hell, dunkel oder was das System zeigt. Gilt sofort.</translation>
        </message>
        <message>
            <source>Language</source>
            <translation>Sprache</translation>
        </message>
        <message>
            <source>Counts from the next start of the window on.</source>
            <translation>Gilt ab dem nächsten Start des Fensters.</translation>
        </message>
    </context>
    <context>
        <name>stream editor</name>
        <message>
            <source>Sending address</source>
            <translation>Sendeadresse</translation>
        </message>
        <message>
            <source>HELO name</source>
            <translation>HELO-Name</translation>
        </message>
        <message>
            <source>Weight</source>
            <translation>Gewicht</translation>
        </message>
        <message>
            <source>Paused</source>
            <translation>Pausiert</translation>
        </message>
        <message>
            <source>State</source>
            <translation>Zustand</translation>
        </message>
        <message>
            <source>New</source>
            <translation>Neu</translation>
        </message>
    </context>
    <context>
        <name>streams</name>
        <message>
            <source>Name</source>
            <translation>Name</translation>
        </message>
        <message>
            <source>State</source>
            <translation>Zustand</translation>
        </message>
        <message>
            <source>Addresses</source>
            <translation>Adressen</translation>
        </message>
        <message>
            <source>Used by</source>
            <translation>Verwendet von</translation>
        </message>
        <message>
            <source>Now</source>
            <translation>Jetzt</translation>
        </message>
        <message>
            <source>Messages per second, over the last half minute</source>
            <translation>Nachrichten je Sekunde, in der letzten halben Minute</translation>
        </message>
        <message>
            <source>Delivered today</source>
            <translation>Heute zugestellt</translation>
        </message>
        <message>
            <source>Since midnight UTC</source>
            <translation>Seit Mitternacht UTC</translation>
        </message>
        <message>
            <source>Blocks</source>
            <translation>Sperren</translation>
        </message>
        <message>
            <source>Held</source>
            <translation>Zurückgehalten</translation>
        </message>
        <message>
            <source>Recipients that wait because every address is blocked at their provider</source>
            <translation>Empfänger, die warten, weil jede Adresse bei ihrem Anbieter gesperrt ist</translation>
        </message>
        <message>
            <source>Sending address</source>
            <translation>Sendeadresse</translation>
        </message>
        <message>
            <source>HELO name</source>
            <translation>HELO-Name</translation>
        </message>
        <message>
            <source>Weight</source>
            <translation>Gewicht</translation>
        </message>
        <message>
            <source>The share of the stream's mail: 200 carries twice as much as 100</source>
            <translation>Der Anteil an der Mail des Streams: 200 trägt doppelt so viel wie 100</translation>
        </message>
        <message>
            <source>Delivered lately</source>
            <translation>Kürzlich zugestellt</translation>
        </message>
        <message>
            <source>In this hour and the last, over all streams</source>
            <translation>In dieser und der letzten Stunde, über alle Streams</translation>
        </message>
        <message>
            <source>Limits</source>
            <translation>Grenzen</translation>
        </message>
        <message>
            <source>Also in</source>
            <translation>Auch in</translation>
        </message>
        <message>
            <source>No addresses</source>
            <translation>Keine Adressen</translation>
        </message>
        <message>
            <source>Paused</source>
            <translation>Pausiert</translation>
        </message>
        <message>
            <source>No open address</source>
            <translation>Keine offene Adresse</translation>
        </message>
        <message>
            <source>Sending</source>
            <translation>Sendet</translation>
        </message>
        <message>
            <source>Ready</source>
            <translation>Bereit</translation>
        </message>
        <message>
            <source>{} (default)</source>
            <translation>{} (Standard)</translation>
        </message>
        <message>
            <source>{} of {} open</source>
            <translation>{} von {} offen</translation>
        </message>
        <message numerus="yes">
            <source>%n address(es) paused or unusable</source>
            <translation>
                <numerusform>%n Adresse pausiert oder nicht verwendbar</numerusform>
                <numerusform>%n Adressen pausiert oder nicht verwendbar</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n site(s)</source>
            <translation>
                <numerusform>%n Site</numerusform>
                <numerusform>%n Sites</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n list(s)</source>
            <translation>
                <numerusform>%n Liste</numerusform>
                <numerusform>%n Listen</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n segment(s)</source>
            <translation>
                <numerusform>%n Segment</numerusform>
                <numerusform>%n Segmente</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>why</name>
        <message>
            <source>Open</source>
            <translation>Offen</translation>
        </message>
        <message>
            <source>Blocked</source>
            <translation>Gesperrt</translation>
        </message>
        <message>
            <source>Waits</source>
            <translation>Wartet</translation>
        </message>
        <message>
            <source>Not used</source>
            <translation>Nicht verwendet</translation>
        </message>
        <message>
            <source>State</source>
            <translation>Zustand</translation>
        </message>
        <message>
            <source>Sending address</source>
            <translation>Sendeadresse</translation>
        </message>
        <message>
            <source>MX address</source>
            <translation>MX-Adresse</translation>
        </message>
        <message>
            <source>MX host</source>
            <translation>MX-Host</translation>
        </message>
        <message>
            <source>Why</source>
            <translation>Warum</translation>
        </message>
    </context>
    <context>
        <name>wizard</name>
        <message>
            <source>Provider or domain</source>
            <translation>Anbieter oder Domain</translation>
        </message>
        <message>
            <source>Recipients</source>
            <translation>Empfänger</translation>
        </message>
        <message>
            <source>Domains</source>
            <translation>Domains</translation>
        </message>
        <message>
            <source>chosen for this mailing</source>
            <translation>für dieses Mailing gewählt</translation>
        </message>
        <message>
            <source>the stream of segment {}</source>
            <translation>der Stream des Segments {}</translation>
        </message>
        <message>
            <source>the stream of list {}</source>
            <translation>der Stream der Liste {}</translation>
        </message>
        <message>
            <source>the stream of site {}</source>
            <translation>der Stream der Site {}</translation>
        </message>
        <message>
            <source>the server's default stream</source>
            <translation>der Standard-Stream des Servers</translation>
        </message>
        <message>
            <source>Here and now</source>
            <translation>Hier und jetzt</translation>
        </message>
        <message>
            <source>Held: no address is open</source>
            <translation>Zurückgehalten: keine Adresse offen</translation>
        </message>
        <message>
            <source>{} of {} addresses refused</source>
            <translation>{} von {} Adressen abgelehnt</translation>
        </message>
    </context>
    <context>
        <name>words</name>
        <message>
            <source>{}/s</source>
            <translation>{}/s</translation>
        </message>
        <message>
            <source>{} %</source>
            <translation>{} %</translation>
        </message>
        <message>
            <source>just now</source>
            <translation>gerade eben</translation>
        </message>
        <message>
            <source>{} ago</source>
            <translation>vor {}</translation>
        </message>
        <message>
            <source>now</source>
            <translation>jetzt</translation>
        </message>
        <message>
            <source>in {}</source>
            <translation>in {}</translation>
        </message>
        <message>
            <source>{} s</source>
            <translation>{} s</translation>
        </message>
        <message>
            <source>{} min</source>
            <translation>{} min</translation>
        </message>
        <message>
            <source>{} h</source>
            <translation>{} h</translation>
        </message>
        <message>
            <source>{} h {} min</source>
            <translation>{} h {} min</translation>
        </message>
        <message numerus="yes">
            <source>%n day(s)</source>
            <translation>
                <numerusform>%n Tag</numerusform>
                <numerusform>%n Tage</numerusform>
            </translation>
        </message>
        <message>
            <source>Paused here</source>
            <translation>Hier pausiert</translation>
        </message>
        <message>
            <source>In use</source>
            <translation>In Gebrauch</translation>
        </message>
        <message>
            <source>Paused</source>
            <translation>Pausiert</translation>
        </message>
        <message>
            <source>Unusable</source>
            <translation>Nicht verwendbar</translation>
        </message>
    </context>
</TS>
