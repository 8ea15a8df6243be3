"""Questions that a person wrote about real licences and a manual page; those that nothing there answers stand apart.

ASKED (thirty-six, and twelve about other things) may be calibrated against; HELD_OUT (sixty, and seventeen about what
each document is about and does not say) is only ever reported. A line holds the question and words of the sentence
that answers, several with || between them where several sentences do. The documents are read where Debian keeps them
when they are asked about; never copied, never trained on.
"""

from pathlib import Path

LICENCES = Path("/usr/share/common-licenses")
ASKED = {  # licence: question | words of the sentence that answers it
    "GPL-3": """
What happens if I propagate or modify the work otherwise?|automatically terminate your rights
Do I have to accept the license to run a copy of the program?|not required to accept this License
Who may publish new versions of the GPL?|Foundation may publish revised
Is there any warranty for the program?|THERE IS NO WARRANTY
Can I charge a price for copies?|You may charge any price
What does source code mean?|means the preferred form of the work
How long must the written offer be valid?|valid for at least three years
What is a covered work?|either the unmodified Program or a work based
How many days do I have to cure the violation after the notice?|30 days after your receipt
What is a compilation called an aggregate?|called an "aggregate"
What is a user product?|A "User Product" is either
What does it mean to propagate a work?|To "propagate" a work means
Is sublicensing allowed?|ublicensing is not allowed
How is each licensee addressed?|Each licensee is addressed
Who bears the risk about quality and performance of the program?|ENTIRE RISK AS TO THE QUALITY
What are the essential patent claims?|essential patent claims" are
Can I link with the Affero General Public License?|link or combine any covered work with a work licensed
What is object code?|"Object code" means
Which law covers circumvention of technological measures?|effective technological measure under any applicable law
When may I add additional permissions to a covered work?|You may place additional permissions""",
    "Apache-2.0": """
Does the license let me use the trademarks of the licensor?|does not grant permission to use the trade
What happens when I start patent litigation?|then any patent licenses
Who is the licensor?|"Licensor" shall mean
Where may I obtain a copy of the license?|You may obtain a copy of the License at
What must I give other recipients of the work?|give any other recipients
What is a derivative work?|"Derivative Works" shall mean
Can a contributor be liable for damages?|In no event and under no legal theory
May I charge a fee for support or warranty?|charge a fee for""",
    "MPL-2.0": """
Who is the license steward?|is the license steward
In which courts may litigation be brought?|courts of a jurisdiction where the defendant
What happens if I fail to comply with the terms?|will terminate automatically if You fail
What is a larger work?|a work that combines Covered Software
May I distribute under a new version of the license?|distribute the Covered Software under the terms of the version
What does contributor mean?|each individual or legal entity that creates""",
    "CC0-1.0": """
What about trademark or patent rights held by the affirmer?|No trademark or patent rights
Is Creative Commons a party to this document?|is not a party to this document""",
}
NOT_ANSWERED = (
    "Who won the football cup in Brazil?|How do I bake bread with yeast?|What is the capital of France?|How many "
    "planets orbit the sun?|When was the bridge in London built?|Where do penguins live?|Which train goes to "
    "Berlin?|What colour is the kitchen wall?|Who painted the ceiling?|How much does a bicycle cost?|Why is the sky "
    "blue?|What is the opening time of the museum?"
).split("|")
HELD_OUT = {
    "Artistic": """
May I sell the package for money?|may not charge a fee for this Package itself||charge a reasonable copying fee
Can I take money for helping people with the package?|charge any fee you choose for support
What do I have to put into the files that I changed?|insert a prominent notice in each changed file
May I use the author's name in my advertising?|may not be used to endorse or promote
Whom do scripts made by the package belong to?|belong to whoever generated
What does freely available mean?|no fee is charged for the item
Does the package come with a guarantee?|IS PROVIDED "AS IS" AND WITHOUT ANY EXPRESS""",
    "BSD": """
What must I do when I only ship binaries?|Redistributions in binary form must reproduce
Is it allowed to advertise with the name of the university?|Neither the name of the University
Are the authors liable if I lose my data?|SHALL THE REGENTS OR CONTRIBUTORS BE LIABLE
Do I have to keep the copyright notice in the source?|Redistributions of source code must retain""",
    "LGPL-2.1": """
Why is it called the lesser license?|because it does Less to protect
Can I switch a copy to the ordinary GPL?|You may opt to apply the terms of the ordinary GNU
Is the change to the ordinary GPL final?|it is irreversible for that copy
What is a library?|A "library" means
Is running a program that uses the library restricted?|running a program using the Library is not restricted
What kind of work must my changed version be?|must itself be a software library
May I offer a warranty and take money for it?|offer warranty protection in exchange for a fee
What does linking with it create?|creates an executable that is a derivative||is legally speaking a combined""",
    "LGPL-3": """
What is an application?|An "Application" is any work
What is meant by a combined work?|A "Combined Work" is a work produced
Which notice must come with a combined work?|Give prominent notice with each copy of the Combined Work
What if the library does not say which version of the license it wants?|does not specify a version number
Who decides about later versions of the license?|Foundation may publish revised||specifies that a proxy can decide""",
    "GFDL-1.3": """
What do I owe when I print more than a hundred copies?|you must enclose the copies in covers||numbering more than 100
How long must the transparent copy stay on the network?|until at least one year after the last time
Am I allowed to translate the document?|Translation is considered a kind of modification
Which text counts if the translation says something else?|the original version will prevail
How long may the text on the front cover be?|passage of up to five words||may be at most 5 words
Can I lend my copy to a friend?|You may also lend copies
What happens to a section of endorsements?|Delete any section Entitled||must delete all sections Entitled
What does CC-BY-SA mean?|"CC-BY-SA" means
Who is the publisher?|The "publisher" means any person""",
    "GPL-2": """
Do I have to sign the license?|You are not required to accept this License
Can some countries be left out?|explicit geographical distribution limitation
Whom do I ask if I want to use parts in another free program?|write to the author||write to the Free Software Foundation
What must an interactive program show when it starts?|print or display an announcement
May I run the program as I like?|act of running the Program is not restricted
What is a threat to free programs?|threatened constantly by software patents
Must I watch over what other people do with it?|not responsible for enforcing compliance
Who pays for the repair of a defective program?|YOU ASSUME THE COST OF ALL NECESSARY""",
    "MPL-2.0": """
From which day on is a contribution licensed?|become effective for each Contribution
Can I delete a copyright notice from the source?|may not remove or alter the substance
May I be paid for support?|charge a fee for, warranty, support
What happens if I sue somebody over a patent?|If You initiate litigation against any entity
Is fair use still possible?|not intended to limit any rights You have
How do I make a license of my own from this one?|modified version of this License if you rename
Where do I write down which terms I cannot keep?|must be placed in a text file||describe the limitations and""",
    "CC0-1.0": """
Is Creative Commons a law firm?|IS NOT A LAW FIRM
In which countries is the waiver valid?|in all territories worldwide
What if a court finds the waiver invalid?|Should any part of the Waiver||to the extent the Waiver is so judged
Is there a promise that the work has no errors?|makes no representations or warranties
Why would anyone give up the rights to a work?|wish to permanently relinquish||may contribute to the Commons""",
    "mount.8": """
What is the mount command for?|command serves to attach the filesystem
Which command takes a filesystem off again?|umount(8) command will detach
Are labels of a disk unique?|no guarantee that UUIDs and labels
Why should I not rely on the device names of partitions?|device names of disk partitions are unstable
What is printed if I call mount with no arguments?|the list of mounted filesystems is printed
Who may unmount a filesystem again?|Only the user that mounted a filesystem||any user should be able to unmount
Where are the usual mounts described?|may contain lines describing what devices are usually mounted""",
}
HELD_OUT_NOT_ANSWERED = {
    "Artistic": "In which year was the Artistic License written?|Which court decides a dispute about the package?",
    "BSD": "Which patents are granted with the software?|In which year was the university founded?",
    "LGPL-2.1": "How many libraries use this license?|Does the license apply to web services?",
    "LGPL-3": "Which lawyer wrote the license?",
    "GFDL-1.3": "How much does a printed manual cost?|Who translated the license into German?",
    "GPL-2": "What is the phone number of the Free Software Foundation?|How many programmers use the GPL?",
    "MPL-2.0": "When was the Mozilla Foundation founded?|How much money does Mozilla earn in a year?",
    "CC0-1.0": "How many works have been released under CC0?|Who is the president of Creative Commons?",
    "mount.8": "Which disk should I buy?|Who wrote the first version of mount?",
}
