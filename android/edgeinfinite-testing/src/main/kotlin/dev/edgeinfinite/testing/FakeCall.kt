package dev.edgeinfinite.testing

import dev.edgeinfinite.AskOptions
import dev.edgeinfinite.ChatOptions
import dev.edgeinfinite.Field
import dev.edgeinfinite.ReadOptions
import dev.edgeinfinite.SearchOptions
import dev.edgeinfinite.ShelfFilter
import dev.edgeinfinite.ShelfOptions
import dev.edgeinfinite.SummaryOptions
import dev.edgeinfinite.TextSource
import java.io.File

/** A call of a [FakeModel], of its documents and chats. A flow's call is made when it is collected. */
public sealed interface FakeCall {
    /** [dev.edgeinfinite.Model.read], also as the first part of [dev.edgeinfinite.Model.summarize]. */
    public class Read internal constructor(
        /** What is read. */
        public val source: TextSource,
        /** How. */
        public val options: ReadOptions,
    ) : FakeCall {
        override fun toString(): String = "Read"
    }

    /** [dev.edgeinfinite.Model.restore]. */
    public class Restore internal constructor(
        /** The saved document. */
        public val file: File,
        /** The text that was read. */
        public val source: TextSource,
    ) : FakeCall {
        override fun toString(): String = "Restore(${file.name})"
    }

    /** [dev.edgeinfinite.Document.text]. */
    public class Text internal constructor(
        /** From where. */
        public val start: Int,
        /** To where. */
        public val end: Int,
    ) : FakeCall {
        override fun toString(): String = "Text($start..$end)"
    }

    /** [dev.edgeinfinite.Document.save]. */
    public class Save internal constructor(
        /** Where to. */
        public val file: File,
    ) : FakeCall {
        override fun toString(): String = "Save(${file.name})"
    }

    /** [dev.edgeinfinite.Document.ask]. */
    public class Ask internal constructor(
        /** What is asked. */
        public val question: String,
        /** How. */
        public val options: AskOptions,
    ) : FakeCall {
        override fun toString(): String = "Ask($question)"
    }

    /** [dev.edgeinfinite.Document.chat]. */
    public class DocumentChat internal constructor() : FakeCall {
        override fun toString(): String = "DocumentChat"
    }

    /** [dev.edgeinfinite.DocumentChat.ask]. */
    public class AskInChat internal constructor(
        /** What is asked. */
        public val question: String,
        /** How. */
        public val options: AskOptions,
    ) : FakeCall {
        override fun toString(): String = "AskInChat($question)"
    }

    /** [dev.edgeinfinite.Document.summarize], also as the second part of [dev.edgeinfinite.Model.summarize]. */
    public class Summarize internal constructor(
        /** How. */
        public val options: SummaryOptions,
    ) : FakeCall {
        override fun toString(): String = options.focus?.let { "Summarize($it)" } ?: "Summarize"
    }

    /** [dev.edgeinfinite.Document.extract]. */
    public class Extract internal constructor(
        /** What for. */
        public val fields: List<Field>,
    ) : FakeCall {
        override fun toString(): String = fields.joinToString(", ", "Extract(", ")") { it.name }
    }

    /** [dev.edgeinfinite.Document.search]. */
    public class Search internal constructor(
        /** What is searched for. */
        public val text: String,
        /** Which passages. */
        public val options: SearchOptions,
    ) : FakeCall {
        override fun toString(): String = "Search($text)"
    }

    /** [dev.edgeinfinite.Document.quotes]. */
    public class Quotes internal constructor(
        /** The text whose sentences are looked for. */
        public val text: String,
        /** What it answers; null where that was not said. */
        public val question: String?,
    ) : FakeCall {
        override fun toString(): String = "Quotes($text)"
    }

    /** [dev.edgeinfinite.Model.shelf]. */
    public class Shelf internal constructor(
        /** Its folder. */
        public val dir: File,
    ) : FakeCall {
        override fun toString(): String = "Shelf(${dir.name})"
    }

    /** [dev.edgeinfinite.Shelf.add]. */
    public class ShelfAdd internal constructor(
        /** By which the document is known. */
        public val id: String,
        /** Its text. */
        public val source: TextSource,
        /** Its title and metadata. */
        public val options: ShelfOptions,
    ) : FakeCall {
        override fun toString(): String = "ShelfAdd($id)"
    }

    /** [dev.edgeinfinite.Shelf.replace]. */
    public class ShelfReplace internal constructor(
        /** By which the document is known. */
        public val id: String,
        /** Its text. */
        public val source: TextSource,
        /** Its title and metadata. */
        public val options: ShelfOptions,
    ) : FakeCall {
        override fun toString(): String = "ShelfReplace($id)"
    }

    /** [dev.edgeinfinite.Shelf.remove]. */
    public class ShelfRemove internal constructor(
        /** By which the document is known. */
        public val id: String,
    ) : FakeCall {
        override fun toString(): String = "ShelfRemove($id)"
    }

    /** [dev.edgeinfinite.Shelf.list]. */
    public class ShelfList internal constructor(
        /** Which documents. */
        public val filter: ShelfFilter,
    ) : FakeCall {
        override fun toString(): String = "ShelfList"
    }

    /** [dev.edgeinfinite.Shelf.document]. */
    public class ShelfDocument internal constructor(
        /** By which the document is known. */
        public val id: String,
    ) : FakeCall {
        override fun toString(): String = "ShelfDocument($id)"
    }

    /** [dev.edgeinfinite.Shelf.ask]. */
    public class ShelfAsk internal constructor(
        /** What is asked. */
        public val question: String,
        /** Of which documents. */
        public val filter: ShelfFilter,
        /** How. */
        public val options: AskOptions,
    ) : FakeCall {
        override fun toString(): String = "ShelfAsk($question)"
    }

    /** [dev.edgeinfinite.Shelf.chat]. */
    public class ShelfChat internal constructor(
        /** With which documents. */
        public val filter: ShelfFilter,
    ) : FakeCall {
        override fun toString(): String = "ShelfChat"
    }

    /** [dev.edgeinfinite.Shelf.summarize]. */
    public class ShelfSummarize internal constructor(
        /** Of which documents. */
        public val filter: ShelfFilter,
        /** How. */
        public val options: SummaryOptions,
    ) : FakeCall {
        override fun toString(): String = options.focus?.let { "ShelfSummarize($it)" } ?: "ShelfSummarize"
    }

    /** [dev.edgeinfinite.Shelf.search]. */
    public class ShelfSearch internal constructor(
        /** What is searched for. */
        public val text: String,
        /** In which documents. */
        public val filter: ShelfFilter,
        /** Which passages. */
        public val options: SearchOptions,
    ) : FakeCall {
        override fun toString(): String = "ShelfSearch($text)"
    }

    /** [dev.edgeinfinite.Model.trim]. */
    public class Trim internal constructor() : FakeCall {
        override fun toString(): String = "Trim"
    }

    /** [dev.edgeinfinite.Model.chat]. */
    public class Chat internal constructor() : FakeCall {
        override fun toString(): String = "Chat"
    }

    /** [dev.edgeinfinite.Chat.send]. */
    public class Send internal constructor(
        /** What is said. */
        public val message: String,
        /** How. */
        public val options: ChatOptions,
    ) : FakeCall {
        override fun toString(): String = "Send($message)"
    }
}
