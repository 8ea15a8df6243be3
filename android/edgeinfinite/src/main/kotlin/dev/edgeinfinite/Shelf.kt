package dev.edgeinfinite

import kotlinx.coroutines.flow.Flow

/**
 * Documents that are kept in a folder and asked together; [Model.shelf] opens one.
 *
 * The folder holds each document's text, places and index, so the files that were added are needed no more. A kill at any moment of a change
 * leaves the shelf as it was before or after it. How rare a word is, is counted over all documents, whatever the filter. Quotes and passages
 * name their document by its id, and their headings begin with its title.
 */
@SubclassOptInRequired(EdgeInfiniteInternalApi::class)
public interface Shelf : AutoCloseable {
    /**
     * Adds a document under [id], any text of 1 to 256 bytes; the others are not touched. [onProgress] is called as by [Model.read]. When it is
     * cancelled or fails, nothing of it stays.
     *
     * @throws IllegalArgumentException when a document of that id is on the shelf, or [id], the title or the metadata are empty or too long
     * @throws TextException as [Model.read] throws it
     * @throws ShelfException when a file of the shelf is damaged
     * @throws StorageException when the shelf cannot be written
     * @throws ClosedException when the shelf or its model was closed
     */
    public suspend fun add(
        id: String,
        source: TextSource,
        options: ShelfOptions.() -> Unit = {},
        onProgress: suspend (AnswerEvent.Progress) -> Unit = {},
    ): ShelfDocument

    /**
     * Puts a document in the place of the one of that [id], which stays until the new one is complete; title and metadata are the new ones. Else
     * as [add].
     *
     * @throws IllegalArgumentException when no document of that id is on the shelf, or the title or the metadata are too long
     * @throws TextException as [Model.read] throws it
     * @throws ShelfException when a file of the shelf is damaged
     * @throws StorageException when the shelf cannot be written
     * @throws ClosedException when the shelf or its model was closed
     */
    public suspend fun replace(
        id: String,
        source: TextSource,
        options: ShelfOptions.() -> Unit = {},
        onProgress: suspend (AnswerEvent.Progress) -> Unit = {},
    ): ShelfDocument

    /**
     * Takes the document of that [id] off the shelf; answers under way that read it fail with `shelf.changed`.
     *
     * @throws IllegalArgumentException when no document of that id is on the shelf
     * @throws StorageException when the shelf cannot be written
     * @throws ClosedException when the shelf or its model was closed
     */
    public suspend fun remove(id: String)

    /**
     * The documents that pass [filter], in the order in which they came.
     *
     * @throws ClosedException when the shelf or its model was closed
     */
    public suspend fun list(filter: ShelfFilter = ShelfFilter.All): List<ShelfDocument>

    /**
     * A document by itself, to be asked, searched and shown as one that was read. It ends with the shelf; it may be removed from it meanwhile.
     *
     * @throws IllegalArgumentException when no document of that id is on the shelf
     * @throws ShelfException when its file is damaged
     * @throws ClosedException when the shelf or its model was closed
     */
    public suspend fun document(id: String): Document

    /**
     * Answers [question] from the documents that pass [filter], by [Reading.Recall], or by [Reading.RecallAll], which looks at the 4,096 best
     * passages. A flow like that of [Document.ask]; [Quote.document] says where a quote stands, and [Answer.coverage] is empty.
     *
     * The flow throws what that of [Document.ask] throws, [IllegalArgumentException] also when no document passes or for another reading, and
     * [ShelfException] when a document that it reads is damaged or was removed meanwhile.
     */
    public fun ask(question: String, filter: ShelfFilter = ShelfFilter.All, options: AskOptions.() -> Unit = {}): Flow<AnswerEvent>

    /**
     * Begins a chat with the documents that pass [filter]: follow-up questions, as by [Document.chat]. Each question is asked as [ask] does, to the
     * shelf as it is then; one that refers to the answer before is looked for beside it too. The chat ends with the shelf.
     *
     * @throws ClosedException when the shelf or its model was closed
     */
    public suspend fun chat(filter: ShelfFilter = ShelfFilter.All): DocumentChat

    /**
     * Summarises the documents that pass [filter], in their own sentences, whatever the model, without a graph run. A flow like that of
     * [Document.summarize]; it throws what [ask] throws.
     */
    public fun summarize(filter: ShelfFilter = ShelfFilter.All, options: SummaryOptions.() -> Unit = {}): Flow<AnswerEvent>

    /**
     * The passages that match [text] best, of all documents that pass [filter], as [Document.search]; [Passage.document] says where each stands.
     *
     * @throws IllegalArgumentException when [text] has no words or more than 16,384 bytes
     * @throws ShelfException when a document that it reads is damaged or was removed meanwhile
     * @throws ClosedException when the shelf or its model was closed
     */
    public suspend fun search(text: String, filter: ShelfFilter = ShelfFilter.All, options: SearchOptions.() -> Unit = {}): List<Passage>

    /** Ends the shelf, its documents and its answers, even in the midst of a run; another may then open its folder. Closing twice does nothing. */
    override fun close()
}
