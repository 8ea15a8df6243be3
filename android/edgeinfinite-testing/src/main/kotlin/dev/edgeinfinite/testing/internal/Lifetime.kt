package dev.edgeinfinite.testing.internal

import dev.edgeinfinite.ClosedException
import java.util.concurrent.CopyOnWriteArrayList

/** Whether a model, a document or a chat is open: as long as its parent is. */
internal class Lifetime(private val parent: Lifetime?) {
    private val children = CopyOnWriteArrayList<Lifetime>()

    @Volatile
    private var closed = false

    init {
        parent?.children?.add(this)
    }

    val isClosed: Boolean get() = closed || parent?.isClosed == true

    fun children(): Int = children.count { !it.isClosed }

    fun check() {
        if (isClosed) throw ClosedException("this was closed, or what it was made from")
    }

    fun close() {
        closed = true
        parent?.children?.remove(this)
    }
}
