"""Questions that a person wrote about real licences: thirty-six that they answer, twelve that they do not.

The licences are read from /usr/share/common-licenses when they are asked about; never copied, never trained on.
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
