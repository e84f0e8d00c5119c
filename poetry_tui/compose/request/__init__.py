"""The request form: begin characters and every option of a poem; rhyme dictionary and tone patterns."""
